/**
 * Go's text/template, as far as people use it with `--format`: fields, variables, pipes, range, if, with, and the functions
 * of the docker CLI (docker/cli templates). Data are what JSON has.
 */

/** In Go's words, without what docker puts in front. */
export class TemplateError extends Error {}

export type Template = (data: unknown) => string;

type Node =
  | { kind: "text"; text: string }
  | { kind: "print"; pipe: Pipe }
  | { kind: "set"; name: string; pipe: Pipe }
  | { kind: "if" | "with"; pipe: Pipe; then: Node[]; otherwise: Node[] }
  | { kind: "range"; names: string[]; pipe: Pipe; then: Node[]; otherwise: Node[] };

type Pipe = Term[][];
type Term =
  | { kind: "value"; value: unknown }
  | { kind: "function"; name: string }
  /** `from` undefined: what the dot is. */
  | { kind: "path"; from?: { variable: string } | { pipe: Pipe }; keys: string[] };

interface Scope {
  dot: unknown;
  variables: Map<string, unknown>;
}

/** Throws TemplateError. */
export function compileTemplate(text: string): Template {
  const tokens = tokenize(text);
  const { nodes, end } = parseNodes(tokens, 0);
  if (end !== undefined) throw new TemplateError(`template: :1: unexpected {{${end}}}`);
  return (data) => run(nodes, { dot: data, variables: new Map([["$", data]]) });
}

type Token = { text: string } | { action: string };

function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  let rest = source;
  for (;;) {
    const start = rest.indexOf("{{");
    if (start < 0) break;
    const body = /^\{\{((?:"(?:[^"\\]|\\.)*"|`[^`]*`|'[^']*'|[^"`'}]|\}(?!\}))*)\}\}/s.exec(
      rest.slice(start),
    );
    if (!body) throw new TemplateError("template: :1: unclosed action");
    let before = rest.slice(0, start);
    let action = body[1]!;
    rest = rest.slice(start + body[0].length);
    if (/^-\s/.test(action)) {
      before = before.trimEnd();
      action = action.slice(1);
    }
    if (/\s-$/.test(action)) {
      action = action.slice(0, -1);
      rest = rest.trimStart();
    }
    if (before !== "") tokens.push({ text: before });
    if (!/^\s*\/\*.*\*\/\s*$/s.test(action)) tokens.push({ action: action.trim() });
  }
  if (rest !== "") tokens.push({ text: rest });
  return tokens;
}

function parseNodes(tokens: Token[], depth: number): { nodes: Node[]; end?: string } {
  const nodes: Node[] = [];
  while (tokens.length > 0) {
    const token = tokens.shift()!;
    if ("text" in token) {
      nodes.push({ kind: "text", text: token.text });
      continue;
    }
    const [, word = "", rest = ""] = /^(\S*)\s*(.*)$/s.exec(token.action)!;
    if (word === "end" || word === "else") {
      if (depth === 0) throw new TemplateError(`template: :1: unexpected {{${word}}}`);
      return { nodes, end: token.action };
    }
    if (word === "if" || word === "with" || word === "range")
      nodes.push(parseBlock(word, rest, tokens, depth));
    else {
      const set = /^(\$\w+)\s*:?=\s*(.*)$/s.exec(token.action);
      if (set) nodes.push({ kind: "set", name: set[1]!, pipe: parsePipe(set[2]!) });
      else nodes.push({ kind: "print", pipe: parsePipe(token.action) });
    }
  }
  if (depth > 0) throw new TemplateError("template: :1: unexpected EOF");
  return { nodes };
}

function parseBlock(kind: "if" | "with" | "range", head: string, tokens: Token[], depth: number): Node {
  const names = kind === "range" ? /^(\$\w*(?:\s*,\s*\$\w+)?)\s*:=\s*(.*)$/s.exec(head) : null;
  const pipe = parsePipe(names ? names[2]! : head);
  const { nodes: then, end } = parseNodes(tokens, depth + 1);
  let otherwise: Node[] = [];
  if (end!.startsWith("else")) {
    const chained = /^else\s+if\s+(.*)$/s.exec(end!)?.[1];
    if (chained !== undefined) otherwise = [parseBlock("if", chained, tokens, depth)];
    else otherwise = parseNodes(tokens, depth + 1).nodes;
  }
  if (kind !== "range") return { kind, pipe, then, otherwise };
  return { kind, names: names ? names[1]!.split(",").map((name) => name.trim()) : [], pipe, then, otherwise };
}

function parsePipe(text: string): Pipe {
  const words = splitWords(text);
  const pipe: Pipe = [[]];
  for (const word of words) {
    if (word === "|") pipe.push([]);
    else pipe.at(-1)!.push(parseTerm(word));
  }
  if (pipe.some((stage) => stage.length === 0))
    throw new TemplateError("template: :1: missing value for command");
  return pipe;
}

/** Words of a pipe; what is in brackets is one, with the fields behind it. */
function splitWords(text: string): string[] {
  const words: string[] = [];
  let rest = text.trim();
  while (rest !== "") {
    if (rest.startsWith("(")) {
      let depth = 0;
      let at = 0;
      for (; at < rest.length; at++) {
        const quoted = /^("(?:[^"\\]|\\.)*"|`[^`]*`)/.exec(rest.slice(at));
        if (quoted) at += quoted[0].length - 1;
        else if (rest[at] === "(") depth++;
        else if (rest[at] === ")" && --depth === 0) break;
      }
      if (depth > 0) throw new TemplateError("template: :1: unclosed left paren");
      const fields = /^(\.\w+)*/.exec(rest.slice(at + 1))![0];
      words.push(rest.slice(0, at + 1) + fields);
      rest = rest.slice(at + 1 + fields.length).trimStart();
      continue;
    }
    const word = /^("(?:[^"\\]|\\.)*"|`[^`]*`|\||[^\s|()]+)/.exec(rest)?.[0];
    if (word === undefined)
      throw new TemplateError(`template: :1: unexpected ${JSON.stringify(rest[0])} in command`);
    words.push(word);
    rest = rest.slice(word.length).trimStart();
  }
  return words;
}

function parseTerm(word: string): Term {
  if (word.startsWith('"')) return { kind: "value", value: JSON.parse(word) as string };
  if (word.startsWith("`")) return { kind: "value", value: word.slice(1, -1) };
  if (/^-?\d+(\.\d+)?$/.test(word)) return { kind: "value", value: Number(word) };
  if (word === "true" || word === "false") return { kind: "value", value: word === "true" };
  if (word === "nil") return { kind: "value", value: null };
  if (word === ".") return { kind: "path", keys: [] };
  if (word.startsWith("(")) {
    const close = word.lastIndexOf(")");
    const keys = word
      .slice(close + 1)
      .split(".")
      .filter(Boolean);
    return { kind: "path", from: { pipe: parsePipe(word.slice(1, close)) }, keys };
  }
  const variable = /^(\$\w*)((?:\.\w+)*)$/.exec(word);
  if (variable)
    return { kind: "path", from: { variable: variable[1]! }, keys: variable[2]!.split(".").filter(Boolean) };
  if (/^(\.\w+)+$/.test(word)) return { kind: "path", keys: word.slice(1).split(".") };
  if (/^[a-zA-Z_]\w*$/.test(word)) {
    if (!Object.hasOwn(functions, word))
      throw new TemplateError(`template: :1: function ${JSON.stringify(word)} not defined`);
    return { kind: "function", name: word };
  }
  throw new TemplateError(`template: :1: unexpected ${JSON.stringify(word)} in operand`);
}

function run(nodes: Node[], scope: Scope): string {
  let text = "";
  for (const node of nodes) {
    if (node.kind === "text") text += node.text;
    else if (node.kind === "print") text += print(evaluate(node.pipe, scope));
    else if (node.kind === "set") scope.variables.set(node.name, evaluate(node.pipe, scope));
    else if (node.kind === "range") text += runRange(node, scope);
    else {
      const value = evaluate(node.pipe, scope);
      const dot = node.kind === "with" && isTrue(value) ? value : scope.dot;
      text += run(isTrue(value) ? node.then : node.otherwise, { dot, variables: new Map(scope.variables) });
    }
  }
  return text;
}

function runRange(node: Extract<Node, { kind: "range" }>, scope: Scope): string {
  const value = evaluate(node.pipe, scope);
  const entries: [unknown, unknown][] = Array.isArray(value)
    ? value.map((item, index) => [index, item])
    : isRecord(value)
      ? Object.keys(value)
          .sort()
          .map((key) => [key, value[key]])
      : [];
  if (value !== null && value !== undefined && !Array.isArray(value) && !isRecord(value))
    throw new TemplateError(
      `template: :1: executing "" at <range>: range can't iterate over ${print(value)}`,
    );
  if (entries.length === 0) return run(node.otherwise, scope);
  return entries
    .map(([key, item]) => {
      const variables = new Map(scope.variables);
      const [first, second] = node.names;
      if (first && second) variables.set(first, key).set(second, item);
      else if (first) variables.set(first, item);
      return run(node.then, { dot: item, variables });
    })
    .join("");
}

function evaluate(pipe: Pipe, scope: Scope): unknown {
  let value: unknown;
  pipe.forEach((stage, index) => {
    const [first, ...others] = stage;
    const args = others.map((term) => termValue(term, scope));
    if (index > 0) args.push(value);
    if (first!.kind === "function") value = call(first!.name, args);
    else {
      if (args.length > 0)
        throw new TemplateError('template: :1: executing "": can\'t give argument to non-function');
      value = termValue(first!, scope);
    }
  });
  return value;
}

function call(name: string, args: unknown[]): unknown {
  return functions[name]!(...args);
}

function termValue(term: Term, scope: Scope): unknown {
  if (term.kind === "value") return term.value;
  if (term.kind === "function") return call(term.name, []);
  const { from, keys } = term;
  let at: unknown = scope.dot;
  if (from && "variable" in from) {
    if (!scope.variables.has(from.variable))
      throw new TemplateError(`template: :1: undefined variable ${JSON.stringify(from.variable)}`);
    at = scope.variables.get(from.variable);
  } else if (from) at = evaluate(from.pipe, scope);
  for (const key of keys) {
    if (at === null || at === undefined) return undefined;
    if (!isRecord(at))
      throw new TemplateError(
        `template: :1:2: executing "" at <.${keys.join(".")}>: can't evaluate field ${key} in type ${goType(at)}`,
      );
    if (!Object.hasOwn(at, key))
      throw new TemplateError(
        `template: :1:2: executing "" at <.${keys.join(".")}>: map has no entry for key ${JSON.stringify(key)}`,
      );
    at = at[key];
  }
  return at;
}

const functions: Record<string, (...args: unknown[]) => unknown> = {
  json: (value) => JSON.stringify(value ?? null),
  index: (value, ...keys) => keys.reduce(indexInto, value),
  len: (value) =>
    isRecord(value) ? Object.keys(value).length : ((value as string | unknown[] | null)?.length ?? 0),
  print: (...values) => values.map(print).join(""),
  println: (...values) => `${values.map(print).join(" ")}\n`,
  printf: (format, ...values) => printf(String(format), values),
  join: (list, separator) => (list as unknown[]).map(print).join(String(separator)),
  split: (text, separator) => String(text).split(String(separator)),
  lower: (text) => String(text).toLowerCase(),
  upper: (text) => String(text).toUpperCase(),
  title: (text) => String(text).replace(/\b\w/g, (letter) => letter.toUpperCase()),
  truncate: (text, length) => String(text).slice(0, Number(length)),
  pad: (text, before, after) => " ".repeat(Number(before)) + String(text) + " ".repeat(Number(after)),
  slice: (text, from, to) => (text as string).slice(Number(from), to === undefined ? undefined : Number(to)),
  eq: (a, ...others) => others.some((b) => a === b),
  ne: (a, b) => a !== b,
  lt: (a, b) => (a as number) < (b as number),
  le: (a, b) => (a as number) <= (b as number),
  gt: (a, b) => (a as number) > (b as number),
  ge: (a, b) => (a as number) >= (b as number),
  and: (...values) => values.find((value) => !isTrue(value)) ?? values.at(-1),
  or: (...values) => values.find(isTrue) ?? values.at(-1),
  not: (value) => !isTrue(value),
};

function indexInto(at: unknown, key: unknown): unknown {
  if (Array.isArray(at)) {
    if (!Number.isInteger(key) || Number(key) < 0 || Number(key) >= at.length)
      throw new TemplateError(
        `template: :1: executing "": error calling index: reflect: slice index out of range`,
      );
    return at[Number(key)] as unknown;
  }
  if (at === null || at === undefined)
    throw new TemplateError('template: :1: executing "": error calling index: index of untyped nil');
  return isRecord(at) && Object.hasOwn(at, String(key)) ? at[String(key)] : undefined;
}

function printf(format: string, values: unknown[]): string {
  const rest = [...values];
  return format.replace(
    /%(-?\d*)(?:\.(\d+))?([svdqtf%])/g,
    (_, width: string, digits: string | undefined, verb: string) => {
      if (verb === "%") return "%";
      const value = rest.shift();
      let text = print(value);
      if (verb === "q") text = JSON.stringify(text);
      if (verb === "f") text = Number(value).toFixed(Number(digits ?? 6));
      const length = Math.abs(Number(width || 0));
      return width.startsWith("-") ? text.padEnd(length) : text.padStart(length);
    },
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isTrue(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (isRecord(value)) return Object.keys(value).length > 0;
  return Boolean(value);
}

/** As fmt.Print has it. */
function print(value: unknown): string {
  if (value === undefined) return "<no value>";
  if (value === null) return "<nil>";
  if (Array.isArray(value)) return `[${value.map(print).join(" ")}]`;
  if (isRecord(value))
    return `map[${Object.keys(value)
      .sort()
      .map((key) => `${key}:${print(value[key])}`)
      .join(" ")}]`;
  return String(value as string | number | boolean);
}

function goType(value: unknown): string {
  return typeof value === "number" ? "float64" : typeof value === "boolean" ? "bool" : "string";
}
