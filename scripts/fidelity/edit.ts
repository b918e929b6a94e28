import { parse } from "yaml";
import type { Block } from "./markdown";

const editCommand = /^\s*(?:sudo )?(?:kubectl|k)\s+(.*\s)?edit\s+(.+)$/;
const serverBlock = /^\s*[\w.*-]+(:\d+)?\s*\{/;

/** The last line of a shell block that opens an editor on an object. */
export function editIn(text: string): string | undefined {
  return text.split("\n").findLast((line) => editCommand.test(line.replace(/^\s*\$ /, "")));
}

/** A part of an object that a text has its reader put in with an editor: it says where, or it is a server block of a Corefile. */
export function isFragment({ text, lead }: Block): boolean {
  return serverBlock.test(text) || (pathIn(lead) !== undefined && valueOf(text) !== undefined);
}

/** What the editor would have done: the commands that put `fragment` into the object of the edit `command`. */
export function edited(command: string, fragment: Block): string | undefined {
  const target = targetOf(command);
  if (serverBlock.test(fragment.text))
    return `kubectl get ${target} -o json | jq --arg block ${quoted(fragment.text)} '.data.Corefile += "\\n" + $block + "\\n"' | kubectl replace -f -`;
  const path = pathIn(fragment.lead);
  const value = valueOf(fragment.text);
  if (path === undefined || value === undefined) return undefined;
  const operations = Array.isArray(value)
    ? value.map((one: unknown) => ({ op: "add", path: `${path}/-`, value: one }))
    : Object.entries(value).map(([key, one]) => ({ op: "add", path: `${path}/${escaped(key)}`, value: one }));
  return `kubectl patch ${target} --type=json -p ${quoted(JSON.stringify(operations))}`;
}

const change = /\b(?:change|replace|update|edit)\s+`([^`]+)`\s+(?:to|with|into)\s+`([^`]+)`/i;

/** "Change `a: b` to `a: c`", as the edit that it asks for. */
export function told(command: string, { lead = "" }: Block): string | undefined {
  const [, before, after] = change.exec(lead) ?? [];
  return before === undefined || after === undefined ? undefined : replaced(command, before, after);
}

/** Whether `block` stands for `old`, which the text shows before it. */
export function isReplacement(block: Block, old: Block | undefined): boolean {
  const lines = (one: Block) => one.text.trim().split("\n").length;
  return old !== undefined && /\b(replace|change)\b/i.test(block.lead ?? "") && lines(block) === lines(old);
}

/** The commands that put the lines of `after` in the place of those of `before`, whatever their indent. */
export function replaced(command: string, before: string, after: string): string | undefined {
  const lines = (text: string) => text.trim().split("\n");
  const expressions = lines(before).flatMap((line, index) => {
    const next = lines(after)[index] ?? "";
    return line.trim() === next.trim()
      ? []
      : [`-e ${quoted(`s\u0001${pattern(line.trim())}\u0001${literal(next.trim())}\u0001`)}`];
  });
  if (expressions.length === 0) return undefined;
  const target = targetOf(command);
  return `kubectl get ${target} -o yaml | sed ${expressions.join(" ")} | kubectl replace -f -`;
}

const pattern = (text: string) => text.replaceAll(/[.*[\]^$\\]/g, "\\$&");
const literal = (text: string) => text.replaceAll(/[&\\]/g, "\\$&");

/** "-n web ingress a" of "kubectl -n web edit ingress a". */
function targetOf(command: string): string {
  const [, before = "", after = ""] = editCommand.exec(command.replace(/^\s*\$ /, "")) ?? [];
  const words = `${before} ${after}`.trim().split(/\s+/);
  const at = words.findIndex((word) => /^(-n|--namespace)$/.test(word));
  const namespace = at < 0 ? words.filter((word) => /^(-n|--namespace)=/.test(word)) : words.splice(at, 2);
  return [...namespace, ...words.filter((word) => !word.startsWith("-"))].join(" ");
}

/** "Add under `spec.rules[0].http.paths`:" as a JSON pointer. */
function pathIn(lead = ""): string | undefined {
  const path = /`\.?((?:spec|metadata|data)\b[\w.[\]-]*)`/.exec(lead)?.[1];
  return (
    path &&
    `/${path
      .replaceAll(/\[(\d+)\]/g, ".$1")
      .split(".")
      .map(escaped)
      .join("/")}`
  );
}

const escaped = (key: string) => key.replaceAll("~", "~0").replaceAll("/", "~1");
const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

function valueOf(text: string): object | undefined {
  try {
    const value: unknown = parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
