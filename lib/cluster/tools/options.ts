/** Flags of a command: "name" or "name,short"; whether a value follows. */
export interface FlagSpec {
  [names: string]: "switch" | "value";
}

export interface ParsedOptions {
  has(name: string): boolean;
  /** The last one given. */
  value(name: string): string | undefined;
  /** What is no flag, and all after "--". */
  words: string[];
}

export class UnknownFlag extends Error {
  constructor(readonly flag: string) {
    super(`flag provided but not defined: -${flag}`);
  }
}

/** Reads arguments as Go's command line libraries do; with `stopAtWord`, what follows the first word is left alone. */
export function parseOptions(
  argv: string[],
  spec: FlagSpec,
  { stopAtWord = false }: { stopAtWord?: boolean } = {},
): ParsedOptions {
  const names = new Map<string, { name: string; takes: "switch" | "value" }>();
  for (const [list, takes] of Object.entries(spec)) {
    const [name = ""] = list.split(",");
    for (const one of list.split(",")) names.set(one, { name, takes });
  }
  const given = new Map<string, string>();
  const words: string[] = [];
  for (let at = 0; at < argv.length; at++) {
    const text = argv[at]!;
    if (text === "--") {
      words.push(...argv.slice(at + 1));
      break;
    }
    if (!text.startsWith("-") || text === "-") {
      words.push(...(stopAtWord ? argv.slice(at) : [text]));
      if (stopAtWord) break;
      continue;
    }
    const [, flag = "", inline] = /^--?([^=]*)(?:=(.*))?$/s.exec(text)!;
    const known = names.get(flag);
    // "-it": several of one letter.
    if (
      !known &&
      !text.startsWith("--") &&
      [...flag].every((letter) => names.get(letter)?.takes === "switch")
    ) {
      for (const letter of flag) given.set(names.get(letter)!.name, "true");
      continue;
    }
    if (!known) throw new UnknownFlag(flag);
    given.set(known.name, known.takes === "switch" ? (inline ?? "true") : (inline ?? argv[++at] ?? ""));
  }
  return {
    has: (name) => given.has(name) && given.get(name) !== "false",
    value: (name) => given.get(name),
    words,
  };
}
