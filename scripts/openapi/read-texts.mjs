// Descriptions from the declarations of kubernetes-models: with their paragraphs (client-node's have no line breaks),
// and of fields that refer to other types (client-node has none). A text with breaks replaces one only where both
// say the same, so that package may be of a newer release.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

const collapse = (text) => text.replace(/\s+/g, "");

/** `withBreaks(text)`; `fieldText("io.k8s.api.core.v1.Pod", "spec")` and `typeText(type)`: "" when unknown. */
export function readTexts(folders) {
  const known = new Map();
  const fields = new Map();
  const visit = (folder) => {
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      if (name === "_schemas" || name === "node_modules") continue;
      if (statSync(path).isDirectory()) visit(path);
      else if (name.endsWith(".d.ts")) collect(readFileSync(path, "utf8"), known, fields);
    }
  };
  for (const folder of folders) visit(folder);
  return {
    withBreaks: (text) => known.get(collapse(text)) ?? text,
    fieldText: (type, field) => fields.get(alias(type))?.get(field) ?? "",
    typeText: (type) => fields.get(alias(type))?.get("") ?? "",
  };
}

/** "io.k8s.api.core.v1.Pod" is exported as IIoK8sApiCoreV1Pod. */
function alias(type) {
  const words = type.split(/[.-]/).map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return `I${words.join("")}`;
}

function collect(source, known, fields) {
  const texts = new Map();
  const models = source.indexOf("export declare class");
  const body = models < 0 ? source : source.slice(0, models);
  for (const [, comment, key] of body.matchAll(/\/\*\*\n([\s\S]*?)\n\s*\*\/(?:\s*"([^"]+)"\??:)?/g)) {
    const text = comment
      .split("\n")
      .map((line) => line.replace(/^\s*\* ?/, ""))
      .join("\n")
      .replace(/\n\nPossible enum values:[\s\S]*$/, "")
      .replace(/\\([*])/g, "$1")
      .replace(/\*\\\//g, "*/")
      .trim();
    if (text.includes("\n")) known.set(collapse(text), text);
    texts.set(key ?? "", text);
  }
  const exported = /\b(IIo[A-Za-z0-9]+)\b/.exec(source.slice(source.lastIndexOf("export type {")));
  if (exported) fields.set(exported[1], texts);
}
