// Generates lib/cluster/resources/generated/: the schemas of the Kubernetes 1.34 API, from the packages that carry
// shapes (@kubernetes/client-node) and texts (kubernetes-models), and from our markers for what they lack.
// Usage: node scripts/generate-openapi.mjs [--force]. Deterministic; done already when nothing it reads has changed.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { readMarkers } from "./openapi/markers.mjs";
import { readModels } from "./openapi/read-models.mjs";
import { readTexts } from "./openapi/read-texts.mjs";
import { joinSchemas } from "./openapi/schemas.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const markers = join(root, "scripts/openapi/markers");
const packages = (name) => join(root, "node_modules", name);
const target = join(root, "lib/cluster/resources/generated");

/**
 * Writes generated/descriptions.json (schemas as published, by name) and generated/shapes.json (the same without
 * texts, for decoding and merging). Answers whether it had to; throws with a sentence when a package does not fit.
 */
export function generateOpenapi({ force = false } = {}) {
  const key = inputHash();
  const stamp = join(target, "inputs.sha256");
  const names = ["descriptions.json", "shapes.json"];
  const current = existsSync(stamp) && readFileSync(stamp, "utf8") === key;
  if (!force && current && names.every((name) => existsSync(join(target, name)))) return false;
  const models = readModels(packages("@kubernetes/client-node/dist/gen/models"));
  const texts = readTexts([packages("kubernetes-models"), packages("@kubernetes-models/apimachinery")]);
  const schemas = joinSchemas(readMarkers(markers), models, texts);
  mkdirSync(target, { recursive: true });
  rmSync(stamp, { force: true });
  write("descriptions.json", JSON.stringify(schemas));
  write(
    "shapes.json",
    JSON.stringify(schemas, (name, value) => (isText(name, value) ? undefined : value)),
  );
  write("inputs.sha256", key);
  return true;
}

/** A field may be called "description" too: then its value is a schema. */
const isText = (name, value) => name === "description" && typeof value === "string";

function write(name, text) {
  const path = join(target, name);
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

function inputHash() {
  const hash = createHash("sha256");
  const scripts = ["generate-openapi.mjs", ...readdirSync(join(root, "scripts/openapi"))]
    .filter((name) => name.endsWith(".mjs"))
    .map((name) => join(root, "scripts", name === "generate-openapi.mjs" ? name : `openapi/${name}`));
  const tables = readdirSync(markers)
    .sort()
    .map((name) => join(markers, name));
  const manifests = ["@kubernetes/client-node", "kubernetes-models", "@kubernetes-models/apimachinery"].map(
    (name) => join(packages(name), "package.json"),
  );
  for (const path of [...scripts.sort(), ...tables, ...manifests]) hash.update(readFileSync(path));
  return hash.digest("hex");
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const startedMs = Date.now();
  const made = generateOpenapi({ force: process.argv.includes("--force") });
  console.log(made ? `generated API schemas in ${Date.now() - startedMs} ms` : "API schemas are up to date");
}
