import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { expect, test } from "vitest";
import { projectRoot } from "@/lib/core/paths";
import type { CustomResourceDefinition } from "@/lib/cluster/resources/types";
import { gatewayApiCrds } from ".";

const upstream = join(
  projectRoot,
  "../shared/upstream/addons/github.com/kubernetes-sigs/gateway-api/releases/download/v1.3.0/standard-install.yaml",
);

/** What a schema allows, without its texts and rules. */
function shape(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(shape);
  if (typeof schema !== "object" || schema === null) return schema;
  return Object.fromEntries(
    Object.entries(schema)
      .filter(
        ([key, value]) =>
          !(key === "description" && typeof value === "string") && key !== "x-kubernetes-validations",
      )
      .map(([key, value]) => [key, isSet(key, value) ? [...value].sort() : shape(value)]),
  );
}

const isSet = (key: string, value: unknown): value is string[] =>
  ["required", "enum"].includes(key) && Array.isArray(value);

test.skipIf(!existsSync(upstream))("the definitions have all that those of 1.3 have", () => {
  const theirs = parseAllDocuments(readFileSync(upstream, "utf8")).map(
    (document) => document.toJS() as CustomResourceDefinition | null,
  );
  for (const own of gatewayApiCrds() as CustomResourceDefinition[]) {
    const their = theirs.find((one) => one?.metadata.name === own.metadata.name)!;
    expect(own.spec.names).toEqual(their.spec.names);
    expect(own.spec.scope).toBe(their.spec.scope);
    for (const version of own.spec.versions) {
      const other = their.spec.versions.find(({ name }) => name === version.name)!;
      expect([own.metadata.name, version.name, version.storage]).toEqual([
        own.metadata.name,
        other.name,
        other.storage,
      ]);
      expect.soft(shape(version.schema)).toMatchObject(shape(other.schema) as object);
    }
  }
});
