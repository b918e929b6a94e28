import { parseDocument, type Tags } from "yaml";

const findingsMax = 200;

/**
 * Paths of fields that a JSON text gives more than once, as sigs.k8s.io/json names them: "spec.containers[0].image".
 * The text must be valid JSON. Takes one pass and no recursion.
 */
export function duplicateFields(json: string): string[] {
  const found = new Set<string>();
  const stack: Level[] = [];
  let key: string | undefined;
  for (let at = 0; at < json.length; at++) {
    const char = json.charCodeAt(at);
    const level = stack.at(-1);
    if (char === quote) {
      const end = endOfString(json, at);
      if (level?.keys && level.expectsKey) {
        key = textOf(json, at, end);
        level.expectsKey = false;
        if (level.keys.has(key) && found.size < findingsMax) found.add(pathOf(stack, key));
        level.keys.add(key);
        level.at = key;
      }
      at = end;
    } else if (char === openBrace) stack.push({ keys: new Set(), expectsKey: true, at: "" });
    else if (char === openBracket) stack.push({ keys: undefined, expectsKey: false, at: 0 });
    else if (char === closeBrace || char === closeBracket) stack.pop();
    else if (char === comma && level) {
      if (level.keys) level.expectsKey = true;
      else level.at = (level.at as number) + 1;
    }
  }
  return [...found];
}

/** One object or list that the scan is in, and the member that it is at. */
interface Level {
  keys: Set<string> | undefined;
  expectsKey: boolean;
  at: string | number;
}

const [quote, backslash, comma] = [0x22, 0x5c, 0x2c];
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d];

function endOfString(json: string, start: number): number {
  let at = start + 1;
  while (json.charCodeAt(at) !== quote) at += json.charCodeAt(at) === backslash ? 2 : 1;
  return at;
}

function textOf(json: string, start: number, end: number): string {
  const raw = json.slice(start + 1, end);
  return raw.includes("\\") ? (JSON.parse(`"${raw}"`) as string) : raw;
}

function pathOf(stack: Level[], key: string): string {
  let path = "";
  for (const { at } of stack.slice(0, -1)) path += typeof at === "number" ? `[${at}]` : path ? `.${at}` : at;
  return path ? `${path}.${key}` : key;
}

const unknownToGo = /:(timestamp|binary|omap|pairs|set)$/;

function isKnownToGo(tag: Tags[number]): boolean {
  if (typeof tag === "string") return !/^(timestamp|binary|omap|pairs|set|intTime|floatTime)$/.test(tag);
  return tag.format !== "TIME" && !unknownToGo.test(tag.tag);
}

/** A YAML text's value and what Go's YAML says of keys that it repeats. Throws for a text that is no YAML. */
export function parseYamlStrictly(text: string): { value: unknown; duplicates: string | undefined } {
  const document = parseDocument(text, {
    merge: true,
    logLevel: "error",
    version: "1.1",
    // Go's YAML leaves times and the other extras of YAML 1.1 as texts.
    customTags: (tags) => tags.filter(isKnownToGo),
  });
  const [repeated, broken] = [
    document.errors.filter(({ code }) => code === "DUPLICATE_KEY"),
    document.errors.filter(({ code }) => code !== "DUPLICATE_KEY"),
  ];
  if (broken[0]) throw broken[0];
  const lines = repeated.slice(0, findingsMax).map(({ pos, linePos }) => {
    const key = /^[^\s:]*/.exec(text.slice(pos[0], pos[0] + 256))![0].replace(/^["']|["']$/g, "");
    return `  line ${linePos?.[0].line ?? 1}: key ${JSON.stringify(key)} already set in map`;
  });
  return {
    value: document.toJS({ maxAliasCount: 100 }) as unknown,
    duplicates: lines.length > 0 ? ["yaml: unmarshal errors:", ...lines].join("\n") : undefined,
  };
}
