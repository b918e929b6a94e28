import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { generateOpenapi } from "@/scripts/generate-openapi.mjs";
import { kinds } from "../index";
import { openapiV2, openapiV3, openapiV3Paths, schemaOf, type Schema } from "./index";
import type { RawSchema } from "./schema";

beforeAll(() => {
  generateOpenapi();
});

interface Document {
  paths: Record<string, Record<string, unknown>>;
  components: { schemas: Record<string, RawSchema> };
}

const upstream = join(process.cwd(), "../shared/upstream");
const present = existsSync(upstream);
const documentOf = (path: string) => JSON.parse(openapiV3(path.replace(/^apis?\//, ""))!) as Document;
const oracleOf = (path: string) =>
  JSON.parse(
    readFileSync(join(upstream, "openapi-v3", `${path.replaceAll("/", "__")}_openapi.json`), "utf8"),
  ) as Document;

/** Without texts and with sorted `required`, whose order means nothing. */
function bare(schema: RawSchema): unknown {
  const { description: _text, "x-kubernetes-group-version-kind": gvk, ...rest } = schema;
  const properties = Object.entries(schema.properties ?? {}).map(
    ([name, { description: _none, ...field }]) => [name, field],
  );
  return {
    ...rest,
    ...(gvk && gvk.length === 1 ? { gvk } : {}),
    ...(schema.required ? { required: [...schema.required].sort() } : {}),
    ...(schema.properties ? { properties: Object.fromEntries(properties) as unknown } : {}),
  };
}

describe.skipIf(!present)(
  "documents agree with kubernetes 1.34 (skipped where ../shared/upstream is absent)",
  () => {
    test.each(openapiV3Paths())("%s: schemas", (path) => {
      const ours = documentOf(path).components.schemas;
      const theirs = oracleOf(path).components.schemas;
      const strip = (schemas: Record<string, RawSchema>) =>
        Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, bare(schema)]));
      const missing = Object.keys(theirs).filter((name) => !ours[name]);
      expect(missing).toEqual([]);
      expect(strip(ours)).toMatchObject(
        strip(Object.fromEntries(Object.entries(theirs).filter(([name]) => ours[name]))),
      );
    });

    test.each(openapiV3Paths())("%s: paths and what may be done there", (path) => {
      const of = (document: Document) =>
        Object.entries(document.paths)
          .filter(([name]) => !name.includes("/watch/") && !name.endsWith("/"))
          .map(
            ([name, item]) =>
              `${name} ${Object.keys(item)
                .filter((key) => key !== "parameters" && key !== "options" && key !== "head")
                .sort()
                .join()}`,
          )
          .sort();
      expect(of(documentOf(path))).toEqual(of(oracleOf(path)));
    });

    test("nearly all descriptions are upstream's, word for word", () => {
      let same = 0;
      let all = 0;
      for (const path of openapiV3Paths()) {
        const ours = documentOf(path).components.schemas;
        for (const [name, schema] of Object.entries(oracleOf(path).components.schemas)) {
          for (const [field, { description }] of Object.entries(schema.properties ?? {})) {
            all += 1;
            if (ours[name]?.properties?.[field]?.description === description) same += 1;
          }
        }
      }
      expect(same / all).toBeGreaterThan(0.95);
    });

    const fixtures = present
      ? readdirSync(join(upstream, "api-fixtures")).filter((name) => name.endsWith(".json"))
      : [];
    const served = kinds.filter(({ group, version, kind }) =>
      fixtures.includes(`${group || "core"}.${version}.${kind}.json`),
    );
    test.each(served.map((kind) => [`${kind.group}/${kind.version} ${kind.kind}`, kind] as const))(
      "the schema of %s knows every field of its fixture",
      (_name, { group, version, kind }) => {
        const file = join(upstream, "api-fixtures", `${group || "core"}.${version}.${kind}.json`);
        const unknown = unknownFields(
          JSON.parse(readFileSync(file, "utf8")),
          schemaOf({ group, version, kind })!,
        );
        expect(unknown).toEqual([]);
      },
    );
  },
);

function unknownFields(value: unknown, schema: Schema | undefined, at = ""): string[] {
  if (!schema) return [at];
  if (schema.preserveUnknownFields || typeof value !== "object" || value === null) return [];
  if (Array.isArray(value))
    return value.flatMap((item, index) => unknownFields(item, schema.items, `${at}[${index}]`));
  return Object.entries(value).flatMap(([key, content]) =>
    unknownFields(content, schema.properties?.[key] ?? schema.additionalProperties, `${at}.${key}`),
  );
}

describe("schemaOf", () => {
  test.each(kinds.map(({ group, version, kind }) => ({ group, version, kind })))(
    "knows $group/$version $kind",
    (gvk) => {
      expect(schemaOf(gvk)?.properties?.metadata?.properties?.name?.type).toBe("string");
    },
  );

  test("tells how lists merge and what stands in them", () => {
    const spec = schemaOf({ group: "", version: "v1", kind: "Service" })?.properties?.spec;
    expect(spec?.properties?.ports).toMatchObject({
      type: "array",
      listType: "map",
      listMapKeys: ["port", "protocol"],
      patchMergeKey: "port",
      patchStrategy: ["merge"],
    });
    expect(spec?.properties?.ports?.items?.properties?.targetPort?.intOrString).toBe(true);
    expect(spec?.properties?.selector?.mapType).toBe("atomic");
  });

  test("keeps the fields' own marks apart from those of the type they share", () => {
    const pod = schemaOf({ group: "", version: "v1", kind: "Pod" });
    const metadata = pod?.properties?.metadata;
    expect(metadata?.default).toEqual({});
    expect(metadata?.properties?.ownerReferences?.listMapKeys).toEqual(["uid"]);
    expect(schemaOf({ group: "", version: "v1", kind: "Nothing" })).toBeUndefined();
  });
});

test("v2 refers to its definitions and says which operations take fieldValidation", () => {
  const { definitions, paths } = openapiV2();
  expect(definitions["io.k8s.api.core.v1.Pod"]).toMatchObject({
    properties: { spec: { $ref: "#/definitions/io.k8s.api.core.v1.PodSpec" } },
    "x-kubernetes-group-version-kind": [{ group: "", version: "v1", kind: "Pod" }],
  });
  const patch = paths["/api/v1/namespaces/{namespace}/pods/{name}"]?.patch as {
    parameters: { name: string }[];
  };
  expect(patch.parameters.map(({ name }) => name)).toContain("fieldValidation");
});
