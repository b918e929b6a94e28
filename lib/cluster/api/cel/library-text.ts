import type { Environment } from "@marcbachmann/cel-js";
import { re2 } from "./re2";

/** What a text function may make: one call must not fill the memory. */
const charactersMax = 1_000_000;

function bounded(text: string): string {
  if (text.length > charactersMax) throw new Error("operation cancelled: actual cost limit exceeded");
  return text;
}

function replaced(text: string, old: string, by: string, most = -1n): string {
  if (most === 0n) return text;
  const parts = old === "" ? [...text] : text.split(old);
  const [gaps, limit] = [parts.length - 1, most < 0n ? Infinity : Number(most)];
  if (text.length + Math.min(gaps, limit) * by.length > charactersMax)
    throw new Error("operation cancelled: actual cost limit exceeded");
  return parts.reduce((all, part, at) => all + (at <= limit ? by : old) + part);
}

function findAll(text: string, pattern: string, most = -1n): string[] {
  const matcher = re2(pattern).matcher(text);
  const found: string[] = [];
  while ((most < 0n || BigInt(found.length) < most) && matcher.find()) found.push(matcher.group() ?? "");
  return found;
}

/** `%s` and its kin of cel-go's string extension; floats and numbers as Go prints them. */
function formatted(pattern: string, values: unknown[]): string {
  let at = 0;
  const text = pattern.replace(
    /%(?:\.(\d+))?([sdfexXob%])/g,
    (_all, precision: string | undefined, verb: string) => {
      if (verb === "%") return "%";
      if (at >= values.length) throw new Error(`index ${at} out of range`);
      const value = values[at++];
      const digits = Math.min(100, Number(precision ?? 6));
      switch (verb) {
        case "f":
          return Number(value).toFixed(digits);
        case "e":
          return Number(value).toExponential(digits);
        case "x":
          return BigInt(value as bigint).toString(16);
        case "X":
          return BigInt(value as bigint)
            .toString(16)
            .toUpperCase();
        case "o":
          return BigInt(value as bigint).toString(8);
        case "b":
          return typeof value === "boolean" ? (value ? "1" : "0") : BigInt(value as bigint).toString(2);
        default:
          return shown(value);
      }
    },
  );
  return bounded(text);
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(shown).join(", ")}]`;
  if (value === null) return "null";
  if (typeof value !== "object") return String(value);
  if (Object.getPrototypeOf(value) !== Object.prototype) return String(value as { toString(): string });
  return `{${Object.entries(value)
    .map(([key, member]) => `${key}: ${shown(member)}`)
    .join(", ")}}`;
}

const sameOf = (a: unknown, b: unknown) => a === b || shown(a) === shown(b);
const includes = (list: unknown[], item: unknown) => list.some((one) => sameOf(one, item));

class SetFunctions {}

/** cel-go's strings, regex and sets extensions, as far as cel-js lacks them. */
export function addTextLibrary(environment: Environment): Environment {
  return environment
    .registerFunction("string.re2Matches(string): bool", (text: string, pattern: string) =>
      re2(pattern).matcher(text).find(),
    )
    .registerFunction("re2Matches(string, string): bool", (text: string, pattern: string) =>
      re2(pattern).matcher(text).find(),
    )
    .registerFunction("string.find(string): string", (text: string, pattern: string) =>
      findAll(text, pattern, 1n).join(""),
    )
    .registerFunction("string.findAll(string): list<string>", findAll)
    .registerFunction("string.findAll(string, int): list<string>", findAll)
    .registerFunction("string.charAt(int): string", (text: string, at: bigint) => {
      const characters = [...text];
      if (at < 0n || at > BigInt(characters.length)) throw new Error(`index out of range: ${at}`);
      return characters[Number(at)] ?? "";
    })
    .registerFunction("string.replace(string, string): string", replaced)
    .registerFunction("string.replace(string, string, int): string", replaced)
    .registerFunction("string.reverse(): string", (text: string) => [...text].reverse().join(""))
    .registerFunction("string.format(list): string", formatted)
    .registerType("cel.Sets", { ctor: SetFunctions })
    .registerConstant("sets", "cel.Sets", new SetFunctions())
    .registerFunction(
      "cel.Sets.contains(list, list): bool",
      (_: SetFunctions, all: unknown[], some: unknown[]) => some.every((item) => includes(all, item)),
    )
    .registerFunction(
      "cel.Sets.intersects(list, list): bool",
      (_: SetFunctions, a: unknown[], b: unknown[]) => a.some((item) => includes(b, item)),
    )
    .registerFunction(
      "cel.Sets.equivalent(list, list): bool",
      (_: SetFunctions, a: unknown[], b: unknown[]) =>
        a.every((item) => includes(b, item)) && b.every((item) => includes(a, item)),
    );
}
