import { isObject, type Json } from "../json";

type Step =
  | { kind: "field"; name: string }
  | { kind: "index"; at: number }
  | { kind: "all" }
  | { kind: "filter"; path: string[]; operator: string; value: Json };

/** The JSONPath of printer columns: fields, quoted fields, indexes, `[*]` and `[?(@.type=="Ready")]`. */
export function compileJsonPath(text: string): (object: Json) => Json[] {
  const steps = parse(text);
  return (object) =>
    steps.reduce<Json[]>((found, step) => found.flatMap((value) => walk(value, step)), [object]);
}

function walk(value: Json, step: Step): Json[] {
  if (step.kind === "field")
    return isObject(value) && Object.hasOwn(value, step.name) ? [value[step.name]!] : [];
  if (step.kind === "all") return Array.isArray(value) ? value : isObject(value) ? Object.values(value) : [];
  if (!Array.isArray(value)) return [];
  if (step.kind === "index") {
    const item = value.at(step.at);
    return item === undefined ? [] : [item];
  }
  return value.filter((item) => {
    const found = step.path.reduce<Json | undefined>(
      (at, name) => (isObject(at) ? at[name] : undefined),
      item,
    );
    if (step.operator === "") return found !== undefined;
    return step.operator === "!=" ? found !== step.value : found === step.value;
  });
}

const token =
  /\.((?:[^.[\\]|\\.)+)|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]|\[(-?\d+)\]|\[(\*)\]|\[\?\(\s*@((?:\.[\w-]+)+)\s*(?:(==|!=)\s*('[^']*'|"[^"]*"|[\w.-]+)\s*)?\)\]/y;

function parse(text: string): Step[] {
  const steps: Step[] = [];
  const path = text.startsWith(".") || text.startsWith("[") ? text : `.${text}`;
  token.lastIndex = 0;
  while (token.lastIndex < path.length) {
    const match = token.exec(path);
    if (!match) return [{ kind: "field", name: path }]; // not a path: finds nothing
    const [, dotted, single, double, index, all, filter, operator = "", value = ""] = match;
    const name = dotted ?? single ?? double;
    if (name !== undefined)
      steps.push(name === "*" ? { kind: "all" } : { kind: "field", name: name.replace(/\\(.)/g, "$1") });
    else if (index !== undefined) steps.push({ kind: "index", at: Number(index) });
    else if (all !== undefined) steps.push({ kind: "all" });
    else steps.push({ kind: "filter", path: filter!.slice(1).split("."), operator, value: literal(value) });
  }
  return steps;
}

function literal(text: string): Json {
  if (/^['"]/.test(text)) return text.slice(1, -1);
  if (text === "true" || text === "false") return text === "true";
  return text !== "" && !Number.isNaN(Number(text)) ? Number(text) : text;
}
