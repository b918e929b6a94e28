import { beforeAll, describe, expect, test } from "vitest";
import { generateOpenapi } from "@/scripts/generate-openapi.mjs";
import { kinds } from "../index";
import type { Kind, KubeObject, StrategyContext } from "../kind";
import { schemaOf, type Schema } from "../schema";
import { sampleObject, type Sample } from "./sample";
import { samples } from "./samples";

beforeAll(() => {
  generateOpenapi();
});

const nowMs = Date.parse("2026-01-01T00:00:00Z");
const context: StrategyContext = {
  nowMs,
  user: { name: "tester", groups: ["system:authenticated"] },
  get: () => undefined,
  list: () => [],
  cluster: {
    serviceCidr: "10.96.0.0/12",
    podCidr: "10.244.0.0/16",
    nodePortRange: { from: 30000, to: 32767 },
    domain: "cluster.local",
    version: "v1.34.0",
  },
};

const stored = kinds.filter(({ verbs, storage }) => verbs?.includes("update") && !storage);
const kindOf = ({ group, kind }: Sample): Kind =>
  stored.find((one) => one.group === group && one.kind === kind)!;

function created(sample: Sample): KubeObject {
  const kind = kindOf(sample);
  const object = sampleObject(sample, kind.version, kind.namespaced);
  kind.defaults?.(object, context);
  object.metadata.uid = "uid-1";
  object.metadata.creationTimestamp = "2026-01-01T00:00:00Z";
  kind.prepareForCreate?.(object, context);
  return object;
}

function at(object: unknown, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], object);
}

function change(object: KubeObject, changes: Record<string, unknown>): KubeObject {
  for (const [path, value] of Object.entries(changes)) {
    const keys = path.split(".");
    const last = keys.pop()!;
    const parent = keys.reduce<Record<string, unknown>>(
      (node, key) => (node[key] ??= {}) as Record<string, unknown>,
      object,
    );
    if (value === undefined) delete parent[last];
    else parent[last] = value;
  }
  return object;
}

test("every stored kind has a sample", () => {
  const sampled = new Set(samples.map(({ group, kind }) => `${group}/${kind}`));
  expect(stored.map(({ group, kind }) => `${group}/${kind}`).filter((name) => !sampled.has(name))).toEqual(
    [],
  );
});

describe.each(samples.map((sample) => [`${sample.group || "core"} ${sample.kind}`, sample] as const))(
  "%s",
  (_name, sample) => {
    test("takes a valid object and fills what upstream stores", () => {
      const kind = kindOf(sample);
      const object = created(sample);
      expect(kind.validate?.(object, context)).toEqual([]);
      expect(kind.allocate?.(object, undefined, context) ?? []).toEqual([]);
      for (const [path, value] of Object.entries(sample.defaults ?? {}))
        expect([path, at(object, path)]).toEqual([path, value]);
    });

    test("stores nothing that its schema does not know, and defaults twice as once", () => {
      const kind = kindOf(sample);
      const object = created(sample);
      expect(mistakes(object, schemaOf(kind))).toEqual([]);
      const again = structuredClone(object);
      kind.defaults?.(again, context);
      expect(again).toEqual(object);
    });

    test("shows its table", () => {
      const kind = kindOf(sample);
      const object = created(sample);
      const cells = Object.fromEntries(
        (kind.columns ?? []).map((column) => [column.name, column.cell(object as never, { nowMs })]),
      );
      expect(cells).toMatchObject({ ...("Age" in cells ? { Age: "0s" } : {}), ...sample.cells });
      for (const column of kind.columns ?? []) {
        const wanted = { integer: "number", boolean: "boolean" }[column.type as string];
        if (wanted) expect([column.name, typeof cells[column.name]]).toEqual([column.name, wanted]);
      }
    });

    test("refuses a name that is none, and a missing one", () => {
      const kind = kindOf(sample);
      for (const name of ["a/b", ""]) {
        const object = created(sample);
        object.metadata.name = name;
        const fields = (kind.validate?.(object, context) ?? []).map(({ field }) => field);
        expect(fields).toContain("metadata.name");
      }
    });

    test.each(sample.invalid ?? [])("refuses $name", ({ change: changes, field, message }) => {
      const kind = kindOf(sample);
      const object = sampleObject(sample, kind.version, kind.namespaced);
      change(object, changes);
      kind.defaults?.(object, context);
      object.metadata.uid = "uid-1";
      kind.prepareForCreate?.(object, context);
      const errors = [
        ...(kind.validate?.(object, context) ?? []),
        ...(kind.validateCreate?.(object, context) ?? []),
      ];
      const found = errors.filter((error) => error.field === field).map((error) => error.message);
      expect(found).toContainEqual(typeof message === "string" ? message : expect.stringMatching(message));
    });

    test.each(sample.updates ?? [])("update with $name", (update) => {
      const kind = kindOf(sample);
      const old = created(sample);
      const object = change(structuredClone(old), update.change);
      kind.defaults?.(object, context);
      kind.prepareForUpdate?.(object, old, context);
      const errors = [
        ...(kind.validate?.(object, context) ?? []),
        ...(kind.validateUpdate?.(object, old, context) ?? []),
      ];
      if ("allowed" in update) expect(errors).toEqual([]);
      else {
        const found = errors.filter((error) => error.field === update.field).map((error) => error.message);
        expect(found).toContainEqual(
          typeof update.message === "string" ? update.message : expect.stringMatching(update.message),
        );
      }
    });

    test("an update that changes nothing is always good", () => {
      const kind = kindOf(sample);
      const old = created(sample);
      const object = structuredClone(old);
      kind.defaults?.(object, context);
      kind.prepareForUpdate?.(object, old, context);
      expect(object).toEqual(old);
      expect(kind.validateUpdate?.(object, old, context) ?? []).toEqual([]);
    });
  },
);

function mistakes(value: unknown, schema: Schema | undefined, path = ""): string[] {
  if (!schema) return [`unknown: ${path}`];
  if (schema.preserveUnknownFields || value === null || value === undefined) return [];
  if (schema.intOrString || schema.quantity)
    return typeof value === "object" ? [`not a scalar: ${path}`] : [];
  if (Array.isArray(value)) {
    if (schema.type !== "array") return [`no list: ${path}`];
    return value.flatMap((item, index) => mistakes(item, schema.items, `${path}[${index}]`));
  }
  if (typeof value === "object") {
    return Object.entries(value).flatMap(([key, content]) =>
      mistakes(content, schema.properties?.[key] ?? schema.additionalProperties, `${path}.${key}`),
    );
  }
  const type = typeof value === "number" ? ["integer", "number"] : [typeof value];
  return type.includes(schema.type ?? "") ? [] : [`${typeof value} where ${schema.type} belongs: ${path}`];
}
