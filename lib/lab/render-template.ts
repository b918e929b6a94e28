import { AppError } from "@/lib/core/app-error";
import type { ParameterValues } from "@/lib/contract/fields";

/**
 * `{{name}}`, spaces allowed inside. Only a bare name is a parameter, so that `{{ .spec.podCIDR }}` of kubectl's
 * go-template stays what it is; `\{{end}}` stands for a literal `{{end}}`.
 */
const placeholder = /(\\?)\{\{\s*([a-zA-Z][a-zA-Z0-9]*)\s*\}\}/g;

/** Names of the parameters that a template uses, each once. */
export function templateParameters(template: string): string[] {
  const names = [...template.matchAll(placeholder)]
    .filter(([, escaped]) => !escaped)
    .map((match) => match[2]!);
  return [...new Set(names)];
}

/** Fills in the parameters; lists are joined with ", ". Throws `invalid` for a name that has no value. */
export function renderTemplate(template: string, parameters: ParameterValues): string {
  return template.replace(placeholder, (whole: string, escaped: string, name: string) => {
    if (escaped) return whole.slice(1);
    const value = Object.hasOwn(parameters, name) ? parameters[name]! : undefined;
    if (value === undefined)
      throw new AppError("invalid", `The template uses {{${name}}}, which is no parameter of the lab.`, {
        details: { parameter: name },
      });
    return Array.isArray(value) ? value.join(", ") : String(value);
  });
}

/** Renders every string inside a JSON value, keys excepted. */
export function renderDeep<T>(value: T, parameters: ParameterValues): T {
  if (typeof value === "string") return renderTemplate(value, parameters) as T;
  if (Array.isArray(value)) return value.map((item: unknown) => renderDeep(item, parameters)) as T;
  if (value !== null && typeof value === "object")
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, renderDeep<unknown>(item, parameters)]),
    ) as T;
  return value;
}

/** Every string inside a JSON value with its path: [["nodes", "0", "name"], "controlplane"]. */
export function stringsOf(value: unknown, path: string[] = []): { path: string[]; text: string }[] {
  if (typeof value === "string") return [{ path, text: value }];
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([key, item]) => stringsOf(item, [...path, key]));
}
