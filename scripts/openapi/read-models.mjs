// Shapes of the Kubernetes types, read from the generated models of @kubernetes/client-node: which fields a type has,
// their types and formats (attribute maps of the .js files), which are required and what they mean (.d.ts files).
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const attribute =
  /\{\s*"name": "[^"]*",\s*"baseName": ("[^"]*"),\s*"type": ("(?:[^"\\]|\\.)*"),\s*"format": ("[^"]*")\s*\}/g;
const member = /(?:\/\*\*\n((?:\s+\* ?.*\n)*?)\s+\*\/\n)?\s+'([^']+)'(\??): /g;

/** Class name -> { description, fields: Map(name -> { type, format, required, description }) }. */
export function readModels(folder) {
  const models = new Map();
  for (const file of readdirSync(folder)) {
    if (!file.endsWith(".d.ts")) continue;
    const name = file.slice(0, -".d.ts".length);
    const source = readFileSync(join(folder, `${name}.js`), "utf8");
    const types = readFileSync(join(folder, file), "utf8");
    const start = types.indexOf("export declare class ");
    if (start < 0 || !source.includes("attributeTypeMap = [")) continue;
    const fields = new Map();
    for (const [, base, type, format] of source.matchAll(attribute)) {
      fields.set(JSON.parse(base), { type: JSON.parse(type), format: JSON.parse(format), required: false });
    }
    for (const [, comment, key, optional] of types.slice(start).matchAll(member)) {
      // `default`, `enum` and the like carry an underscore in TypeScript.
      const field = fields.get(key) ?? fields.get(key.replace(/^_/, "")) ?? fields.get(dollar(key));
      if (!field) continue;
      field.required = optional === "";
      field.description = commentText(comment);
    }
    const before = types.slice(0, start);
    const last = before.lastIndexOf("/**");
    models.set(name, {
      description: last > 0 ? commentText(before.slice(last + 4, before.indexOf("*/", last))) : "",
      fields,
    });
  }
  return models;
}

const dollar = (key) => `$${key.replace(/^\$|^_/, "")}`;

function commentText(comment = "") {
  return comment
    .split("\n")
    .map((line) => line.replace(/^\s*\* ?/, ""))
    .join("\n")
    .trim()
    .replace(/\\(["'*])/g, "$1");
}
