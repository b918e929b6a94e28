/** What a template of the plugin `template` may name. */
export interface TemplateData {
  Name: string;
  Zone: string;
  Regex: string;
  Match: string[];
  Group: Record<string, string>;
  Class: string;
  Type: string;
  Remote: string;
}

export type TextTemplate = (data: TemplateData) => string;

type Expression = (data: TemplateData) => unknown;

/**
 * The part of Go's text/template that Corefiles use: `{{ .Field }}`, `{{ .Group.name }}`, `{{ index .Match 1 }}`,
 * `index`, `len` and `print`, pipes and trim markers. Throws Error for anything else.
 */
export function compileTemplate(text: string): TextTemplate {
  const parts: (string | Expression)[] = [];
  let rest = text;
  for (;;) {
    const start = rest.indexOf("{{");
    if (start < 0) break;
    const end = rest.indexOf("}}", start);
    if (end < 0) throw new Error("template: answer:1: unclosed action");
    let before = rest.slice(0, start);
    let action = rest.slice(start + 2, end);
    rest = rest.slice(end + 2);
    if (/^-\s/.test(action)) {
      before = before.trimEnd();
      action = action.slice(1);
    }
    if (/\s-$/.test(action)) {
      action = action.slice(0, -1);
      rest = rest.trimStart();
    }
    parts.push(before);
    if (!/^\s*\/\*.*\*\/\s*$/s.test(action)) parts.push(compileAction(action.trim()));
  }
  parts.push(rest);
  return (data) => parts.map((part) => (typeof part === "string" ? part : textOf(part(data)))).join("");
}

function textOf(value: unknown): string {
  return value === undefined ? "<no value>" : typeof value === "string" ? value : JSON.stringify(value);
}

const functions: Record<string, (...args: unknown[]) => unknown> = {
  index: (value, ...keys) =>
    keys.reduce((at, key) => {
      if (Array.isArray(at)) {
        if (Number(key) >= at.length)
          throw new Error(`error calling index: index out of range: ${String(key)}`);
        return at[Number(key)] as unknown;
      }
      return typeof at === "object" && at !== null && Object.hasOwn(at, String(key))
        ? (at as Record<string, unknown>)[String(key)]
        : "";
    }, value),
  len: (value) => (value as string | unknown[]).length,
  print: (...values) => values.map(textOf).join(""),
};

function compileAction(action: string): Expression {
  const stages = action.split("|").map((stage) => stage.trim());
  return stages.reduce<Expression | undefined>((before, stage) => compileStage(stage, before), undefined)!;
}

function compileStage(stage: string, before: Expression | undefined): Expression {
  const words = stage.match(/"(?:[^"\\]|\\.)*"|`[^`]*`|[^\s]+/g) ?? [];
  const [first, ...others] = words;
  if (first === undefined) throw new Error("template: answer:1: missing value for command");
  if (/^[a-zA-Z_]+$/.test(first)) {
    const call = Object.hasOwn(functions, first) ? functions[first] : undefined;
    if (!call) throw new Error(`template: answer:1: function ${JSON.stringify(first)} not defined`);
    const args = others.map(compileValue);
    return (data) => call(...args.map((arg) => arg(data)), ...(before ? [before(data)] : []));
  }
  if (others.length > 0 || before)
    throw new Error(`template: answer:1: unexpected ${JSON.stringify(stage)} in command`);
  return compileValue(first);
}

function compileValue(word: string): Expression {
  if (word.startsWith('"')) {
    const value = JSON.parse(word) as string;
    return () => value;
  }
  if (word.startsWith("`")) return () => word.slice(1, -1);
  if (/^\d+$/.test(word)) return () => Number(word);
  if (word === ".") return (data) => data;
  if (!/^(\.[A-Za-z_][A-Za-z0-9_]*)+$/.test(word))
    throw new Error(`template: answer:1: unexpected ${JSON.stringify(word)} in operand`);
  const path = word.slice(1).split(".");
  return (data) =>
    path.reduce<unknown>((at, key) => {
      if (typeof at === "object" && at !== null && Object.hasOwn(at, key))
        return (at as Record<string, unknown>)[key];
      if (at === data) throw new Error(`can't evaluate field ${key} in type *template.templateData`);
      return undefined;
    }, data);
}
