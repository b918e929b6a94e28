/** Flags of a command: "name" or "name,n"; whether a value follows, and whether it may be given several times. */
export type FlagSpec = Record<string, "switch" | "value" | "list">;

export interface ParsedFlags {
  has(name: string): boolean;
  /** The last one given. */
  value(name: string): string | undefined;
  list(name: string): string[];
  /** What is no flag, and all after "--". */
  words: string[];
}

/** In pflag's words. */
export class FlagError extends Error {}

/** Reads arguments as spf13/pflag does: "-it", "-p8080:80", "--name=web"; with `stopAtWord`, what follows the first word is left alone. */
export function parseFlags(
  argv: string[],
  spec: FlagSpec,
  { stopAtWord = false }: { stopAtWord?: boolean } = {},
): ParsedFlags {
  const names = new Map<string, { name: string; takes: FlagSpec[string] }>();
  for (const [list, takes] of Object.entries(spec)) {
    const [name = "", short] = list.split(",");
    names.set(`--${name}`, { name, takes });
    if (short) names.set(`-${short}`, { name, takes });
  }
  const given = new Map<string, string[]>();
  const words: string[] = [];
  const give = (name: string, value: string) => given.set(name, [...(given.get(name) ?? []), value]);
  const rest = [...argv];
  while (rest.length > 0) {
    const text = rest.shift()!;
    if (text === "--") {
      words.push(...rest);
      break;
    }
    if (!text.startsWith("-") || text === "-") {
      words.push(text);
      if (!stopAtWord) continue;
      words.push(...rest);
      break;
    }
    if (text.startsWith("--")) takeLong(text, rest, names, give);
    else takeShort(text, rest, names, give);
  }
  return {
    has: (name) => given.has(name) && given.get(name)!.at(-1) !== "false",
    value: (name) => given.get(name)?.at(-1),
    list: (name) => given.get(name) ?? [],
    words,
  };
}

type Names = ReadonlyMap<string, { name: string; takes: FlagSpec[string] }>;

function takeLong(
  text: string,
  rest: string[],
  names: Names,
  give: (name: string, value: string) => void,
): void {
  const [, flag = "", inline] = /^(--[^=]*)(?:=(.*))?$/s.exec(text)!;
  const known = names.get(flag);
  if (!known) throw new FlagError(`unknown flag: ${flag}`);
  if (known.takes === "switch") return give(known.name, inline ?? "true");
  const value = inline ?? rest.shift();
  if (value === undefined) throw new FlagError(`flag needs an argument: ${flag}`);
  give(known.name, value);
}

function takeShort(
  text: string,
  rest: string[],
  names: Names,
  give: (name: string, value: string) => void,
): void {
  for (let at = 1; at < text.length; at++) {
    const known = names.get(`-${text[at]}`);
    if (!known) throw new FlagError(`unknown shorthand flag: '${text[at]}' in ${text}`);
    const after = text.slice(at + 1);
    if (known.takes === "switch") {
      if (after.startsWith("=")) return give(known.name, after.slice(1));
      give(known.name, "true");
      continue;
    }
    const value = after === "" ? rest.shift() : after.replace(/^=/, "");
    if (value === undefined) throw new FlagError(`flag needs an argument: '${text[at]}' in ${text}`);
    return give(known.name, value);
  }
}
