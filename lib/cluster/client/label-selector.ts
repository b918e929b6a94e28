import { badRequest } from "./status";

export type Labels = Record<string, string> | undefined;
export type LabelPredicate = (labels: Labels) => boolean;

export interface LabelRequirement {
  key: string;
  operator: "in" | "notin" | "exists" | "!" | "gt" | "lt";
  values: string[];
}

/** metav1.LabelSelector: of Services only the map, of workloads both. */
export interface LabelSelectorObject {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}

const tokenPattern = /\s*(?:(==|!=|=|<|>|!|,|\(|\))|([^\s=!<>,()]+))/y;

/**
 * A selector as `kubectl -l` writes it: `app=web,tier in (a, b),!old`. Throws 400 BadRequest as upstream's
 * labels.Parse does. An empty selector matches everything.
 */
export function parseLabelSelector(text: string): LabelPredicate {
  return matches(parseRequirements(text));
}

export function parseRequirements(text: string): LabelRequirement[] {
  const tokens = tokenize(text);
  const requirements: LabelRequirement[] = [];
  let at = 0;
  const fail = (expected: string): never => {
    throw badRequest(`unable to parse requirement: found '${tokens[at] ?? ""}', expected: ${expected}`);
  };
  while (at < tokens.length) {
    const negated = tokens[at] === "!";
    if (negated) at++;
    const key = tokens[at];
    if (key === undefined || isSymbol(key)) fail("identifier");
    checkKey(key!);
    at++;
    const next = tokens[at];
    if (negated) requirements.push({ key: key!, operator: "!", values: [] });
    else if (next === undefined || next === ",")
      requirements.push({ key: key!, operator: "exists", values: [] });
    else at = readOperator(key!, next);
    if (tokens[at] === undefined) break;
    if (tokens[at] !== ",") fail("',' or 'end of string'");
    at++;
    if (at === tokens.length) fail("identifier after ','");
  }
  return requirements;

  function readOperator(key: string, operator: string): number {
    at++;
    if (operator === "in" || operator === "notin") {
      if (tokens[at] !== "(") fail("'('");
      const values: string[] = [];
      let value = "";
      for (at++; at < tokens.length; at++) {
        const token = tokens[at]!;
        if (token === ")" || token === ",") {
          values.push(value);
          value = "";
          if (token === ")") break;
        } else if (isSymbol(token)) fail("',' or ')'");
        else value = token;
      }
      if (tokens[at] !== ")") fail("',' or ')'");
      values.forEach((one) => checkValue(key, one));
      requirements.push({ key, operator, values });
      return at + 1;
    }
    if (operator !== "=" && operator !== "==" && operator !== "!=" && operator !== "<" && operator !== ">") {
      at--;
      fail("in, notin, =, ==, !=, gt, lt");
    }
    const hasValue = tokens[at] !== undefined && !isSymbol(tokens[at]!);
    const value = hasValue ? tokens[at]! : "";
    checkValue(key, value);
    const named = { "=": "in", "==": "in", "!=": "notin", "<": "lt", ">": "gt" } as const;
    requirements.push({ key, operator: named[operator as "="], values: [value] });
    return hasValue ? at + 1 : at;
  }
}

/** All requirements of a LabelSelector object; `undefined` selects nothing, `{}` everything (as upstream). */
export function selectorOf(selector: LabelSelectorObject | undefined): LabelPredicate {
  if (!selector) return () => false;
  const operators = { In: "in", NotIn: "notin", Exists: "exists", DoesNotExist: "!" } as const;
  return matches([
    ...Object.entries(selector.matchLabels ?? {}).map(([key, value]) => ({
      key,
      operator: "in" as const,
      values: [value],
    })),
    ...(selector.matchExpressions ?? []).map(({ key, operator, values = [] }) => ({
      key,
      operator: operators[operator as keyof typeof operators] ?? ("in" as const),
      values,
    })),
  ]);
}

function matches(requirements: LabelRequirement[]): LabelPredicate {
  if (requirements.length === 0) return () => true;
  return (labels) =>
    requirements.every(({ key, operator, values }) => {
      const value = labels && Object.hasOwn(labels, key) ? labels[key] : undefined;
      switch (operator) {
        case "in":
          return value !== undefined && values.includes(value);
        case "notin":
          return value === undefined || !values.includes(value);
        case "exists":
          return value !== undefined;
        case "!":
          return value === undefined;
        case "gt":
          return value !== undefined && /^-?\d+$/.test(value) && Number(value) > Number(values[0]);
        case "lt":
          return value !== undefined && /^-?\d+$/.test(value) && Number(value) < Number(values[0]);
      }
    });
}

const isSymbol = (token: string) => /^(==|!=|=|<|>|!|,|\(|\))$/.test(token);

function tokenize(text: string): string[] {
  const tokens: string[] = [];
  const trimmed = text.trim();
  tokenPattern.lastIndex = 0;
  while (tokenPattern.lastIndex < trimmed.length) {
    const match = tokenPattern.exec(trimmed);
    if (!match) throw badRequest(`unable to parse requirement: found '${trimmed}', expected: identifier`);
    tokens.push(match[1] ?? match[2]!);
  }
  return tokens;
}

const namePattern = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const valuePattern = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;

function checkKey(key: string): void {
  const name = key.slice(key.indexOf("/") + 1);
  if (!namePattern.test(name) || name.length > 63)
    throw badRequest(
      `unable to parse requirement: <nil>: Invalid value: ${JSON.stringify(key)}: name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
    );
}

function checkValue(key: string, value: string): void {
  if (valuePattern.test(value) && value.length <= 63) return;
  throw badRequest(
    `unable to parse requirement: values[0][${key}]: Invalid value: ${JSON.stringify(value)}: a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`,
  );
}
