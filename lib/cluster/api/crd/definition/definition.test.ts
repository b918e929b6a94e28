import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ClusterClient } from "@/lib/cluster/client/client";
import type { CustomResourceDefinition } from "@/lib/cluster/resources/types";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import { createTestCluster } from "@/lib/cluster/api/testing";
import type { Cluster } from "@/lib/cluster/api/types";
import type { JsonSchema } from "@/lib/cluster/api/crd/json-schema";

const crds = { group: "apiextensions.k8s.io", version: "v1", plural: "customresourcedefinitions" };
const at = "spec.validation.openAPIV3Schema";

let cluster: Cluster;
let admin: ClusterClient;
beforeAll(async () => {
  cluster = await createTestCluster();
  admin = cluster.client({ name: "admin", groups: ["system:masters"] });
});
afterAll(() => cluster.close());

interface Parts {
  group?: string;
  plural?: string;
  names?: object;
  version?: object;
  metadata?: object;
}

const definition = (
  schema: JsonSchema,
  { group = "example.com", plural = "things", names = {}, version = {}, metadata = {} }: Parts = {},
) =>
  ({
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}`, ...metadata },
    spec: {
      group,
      scope: "Namespaced",
      names: { plural, kind: plural[0]!.toUpperCase() + plural.slice(1, -1), ...names },
      versions: [
        { name: "v1", served: true, storage: true, schema: { openAPIV3Schema: schema }, ...version },
      ],
    },
  }) as unknown as KubeObject & CustomResourceDefinition;
const spec = (schema: JsonSchema): JsonSchema => ({ type: "object", properties: { spec: schema } });
const rule = (type: string, text: string, more: object = {}, around: object = {}): JsonSchema =>
  spec({ type, "x-kubernetes-validations": [{ rule: text, ...more }], ...around } as JsonSchema);
const list = (more: object, items: object = { type: "object", properties: { name: { type: "string" } } }) =>
  spec({ type: "array", items, ...more } as JsonSchema);

/** "field: message" of each cause. */
async function complaints(object: KubeObject): Promise<string[]> {
  try {
    await admin.create(crds, object);
    return [];
  } catch (failure) {
    const { details } = (
      failure as { status: { details?: { causes?: { field: string; message: string }[] } } }
    ).status;
    return (details?.causes ?? []).map(({ field, message }) => `${field}: ${message}`);
  }
}

const bad: [name: string, JsonSchema, string][] = [
  ["no type at the root", {}, `${at}.type: Required value: must not be empty at the root`],
  [
    "another type at the root",
    { type: "array", items: { type: "string" } },
    `${at}.type: Invalid value: "array": must be object at the root`,
  ],
  [
    "a field without type",
    spec({}),
    `${at}.properties[spec].type: Required value: must not be empty for specified object fields`,
  ],
  [
    "items without type",
    list({}, {}),
    `${at}.properties[spec].items.type: Required value: must not be empty for specified array items`,
  ],
  [
    "a list without items",
    spec({ type: "array" }),
    `${at}.properties[spec].items: Required value: must be specified`,
  ],
  [
    "an unknown type",
    spec({ type: "text" }),
    `${at}.properties[spec].type: Unsupported value: "text": supported values: "array", "boolean", "integer", "number", "object", "string"`,
  ],
  [
    "a type below anyOf",
    spec({ type: "string", anyOf: [{ type: "string" }] }),
    `${at}.properties[spec].anyOf[0].type: Forbidden: must be empty to be structural`,
  ],
  [
    "a field that only a junctor names",
    { type: "object", oneOf: [{ properties: { a: { maxLength: 1 } } }] },
    `${at}.properties[a]: Required value: because it is defined in ${at}.oneOf[0].properties[a]`,
  ],
  [
    "metadata with more than names",
    {
      type: "object",
      properties: { metadata: { type: "object", properties: { labels: { type: "object" } } } },
    },
    `${at}.properties[metadata]: Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified`,
  ],
  [
    "a pattern that is none",
    spec({ type: "string", pattern: "(" }),
    `${at}.properties[spec].pattern: Invalid value: "(": must be a valid regular expression, but isn't: error parsing regexp: missing closing ): \`(\``,
  ],
  [
    "properties beside additionalProperties",
    spec({ type: "object", properties: { a: { type: "string" } }, additionalProperties: { type: "string" } }),
    `${at}.properties[spec].additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive`,
  ],
  [
    "uniqueItems",
    list({ uniqueItems: true }),
    `${at}.properties[spec].uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic`,
  ],
  [
    "a reference",
    spec({ type: "object", $ref: "#/definitions/x" }),
    `${at}.properties[spec].$ref: Forbidden: $ref is not supported`,
  ],
  [
    "preserve-unknown-fields false",
    spec({ type: "object", "x-kubernetes-preserve-unknown-fields": false }),
    `${at}.properties[spec].x-kubernetes-preserve-unknown-fields: Invalid value: false: must be true or undefined`,
  ],
  [
    "an embedded resource of no type",
    spec({ "x-kubernetes-embedded-resource": true, "x-kubernetes-preserve-unknown-fields": true }),
    `${at}.properties[spec].type: Required value: must be object if x-kubernetes-embedded-resource is true`,
  ],
  [
    "a map list without keys",
    list({ "x-kubernetes-list-type": "map" }),
    `${at}.properties[spec].x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type is map`,
  ],
  [
    "keys of no map list",
    list({ "x-kubernetes-list-map-keys": ["name"] }),
    `${at}.properties[spec].x-kubernetes-list-type: Required value: must be map if x-kubernetes-list-map-keys is non-empty`,
  ],
  [
    "a key that is no property",
    list({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["id"] }),
    `${at}.properties[spec].x-kubernetes-list-map-keys: Invalid value: ["id"]: entries must all be names of item properties`,
  ],
  [
    "a key that may be absent",
    list({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"] }),
    `${at}.properties[spec].items.properties[name].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property`,
  ],
  [
    "a set of granular objects",
    list({ "x-kubernetes-list-type": "set" }),
    `${at}.properties[spec].items.x-kubernetes-map-type: Invalid value: null: must be atomic as item of a list with x-kubernetes-list-type=set`,
  ],
  [
    "a default of another type",
    spec({ type: "object", properties: { n: { type: "integer", default: "x" } } }),
    `${at}.properties[spec].properties[n].default: Invalid value: "string":  in body must be of type integer: "string"`,
  ],
  [
    "a default with an unknown field",
    spec({ type: "object", default: { x: 1 } }),
    `${at}.properties[spec].default: Invalid value: {"x":1}: must not have unknown fields`,
  ],
  [
    "a default in metadata",
    {
      type: "object",
      properties: { metadata: { type: "object", properties: { name: { type: "string", default: "x" } } } },
    },
    `${at}.properties[metadata].properties[name].default: Forbidden: must not be set in top-level metadata`,
  ],
  [
    "an unknown reason",
    rule("string", "true", { reason: "No" }),
    `${at}.properties[spec].x-kubernetes-validations[0].reason: Unsupported value: "No": supported values: "FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"`,
  ],
  [
    "a fieldPath to nowhere",
    rule("object", "true", { fieldPath: ".a" }),
    `${at}.properties[spec].x-kubernetes-validations[0].fieldPath: Invalid value: ".a": must be a valid path`,
  ],
  [
    "an empty rule",
    rule("string", " "),
    `${at}.properties[spec].x-kubernetes-validations[0].rule: Required value: rule is not specified`,
  ],
];

const badRules: [rule: string, schema: JsonSchema, detail: string][] = [
  [
    "self.a >",
    rule("object", "self.a >", {}, { properties: { a: { type: "integer" } } }),
    "compilation failed: ERROR: <input>:1:9: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}\n | self.a >\n | ........^",
  ],
  [
    "selv.a == 1",
    rule("object", "selv.a == 1"),
    "compilation failed: ERROR: <input>:1:1: undeclared reference to 'selv' (in container '')\n | selv.a == 1\n | ^",
  ],
  [
    "self.b == 1",
    rule("object", "self.b == 1", {}, { properties: { a: { type: "integer" } } }),
    "compilation failed: ERROR: <input>:1:5: undefined field 'b'\n | self.b == 1\n | ....^",
  ],
  [
    "self.all(x, x.b)",
    rule("array", "self.all(x, x.b)", {}, { items: { type: "object" } }),
    "compilation failed: ERROR: <input>:1:14: undefined field 'b'\n | self.all(x, x.b)\n | .............^",
  ],
  [
    "self > 'a'",
    rule("integer", "self > 'a'"),
    "compilation failed: ERROR: <input>:1:6: found no matching overload for '_>_' applied to '(int, string)'\n | self > 'a'\n | .....^",
  ],
  [
    "length(self) > 1",
    rule("string", "length(self) > 1"),
    "compilation failed: ERROR: <input>:1:7: undeclared reference to 'length' (in container '')\n | length(self) > 1\n | ......^",
  ],
  ["size(self)", rule("string", "size(self)"), "cel expression must evaluate to a bool"],
];

describe("a definition is refused for", () => {
  test.each(bad)("%s", async (_name, schema, complaint) => {
    expect(await complaints(definition(schema))).toContain(complaint);
  });

  test.each(badRules)("the rule %s", async (_rule, schema, detail) => {
    const found = await complaints(definition(schema));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(`${at}.properties[spec].x-kubernetes-validations[0].rule: Invalid value: {`);
    expect(found[0]!.endsWith(detail), found[0]).toBe(true);
  });

  test("an old value where none is known, and a message that is no text", async () => {
    const old = await complaints(
      definition(
        list(
          { maxItems: 10 },
          { type: "string", maxLength: 10, "x-kubernetes-validations": [{ rule: "self == oldSelf" }] },
        ),
      ),
    );
    expect(old).toEqual([
      `${at}.properties[spec].items.x-kubernetes-validations[0].rule: Invalid value: "self == oldSelf": oldSelf cannot be used on the uncorrelatable portion of the schema within ${at}.properties[spec]`,
    ]);
    const told = await complaints(definition(rule("string", "self == ''", { messageExpression: "1" })));
    expect(told[0]).toMatch(
      /x-kubernetes-validations\[0\]\.messageExpression: .*messageExpression must evaluate to a string$/,
    );
  });

  const remedy =
    "(try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)";
  const contains =
    "(!has(self.expect.contains) || !self.message.contains(self.expect.contains)) && (!has(self.expect.equals) || self.message != self.expect.equals)";
  const text = (maxLength?: number) => ({ type: "string", ...(maxLength ? { maxLength } : {}) });
  const cases = (message: number, expectation: number) =>
    list(
      { maxItems: 20 },
      {
        type: "object",
        properties: {
          message: text(message),
          expect: {
            type: "object",
            properties: { contains: text(expectation), equals: text(expectation) },
          },
        },
        "x-kubernetes-validations": [{ rule: contains }],
      },
    );
  const words = (more: object, rules: string[] = ["self.contains('keyword')"]) => ({
    ...text(2048),
    "x-kubernetes-validations": rules.map((rule) => ({ rule })),
    ...more,
  });
  const items = `${at}.properties[spec].items.x-kubernetes-validations[0].rule: Forbidden:`;

  // The first three are as a real API server was seen to answer.
  test.each<[string, JsonSchema, string[]]>([
    [
      "dear by their product",
      cases(4096, 4096),
      [`${items} estimated rule cost exceeds budget by factor of 5.4x ${remedy}`],
    ],
    ["dear, in bounds", cases(1024, 1024), []],
    ["dear by one of two, in bounds", cases(4096, 512), []],
    [
      "over values of a map that has an end",
      spec({ type: "object", maxProperties: 10_000, additionalProperties: words({}) } as JsonSchema),
      [],
    ],
    [
      "over items of a list that has none",
      list({}, words({})),
      [
        `${items} estimated rule cost exceeds budget by factor of 86.1x ${remedy}`,
        `${items} contributed to estimated rule & messageExpression cost total exceeding cost limit for entire OpenAPIv3 schema`,
        `${at}: Forbidden: x-kubernetes-validations estimated rule & messageExpression cost total for entire OpenAPIv3 schema exceeds budget by factor of 8.6x ${remedy}`,
      ],
    ],
    [
      "a list within a list",
      rule("array", "self.all(a, self.exists(b, a == b))", {}, { items: { type: "string" } }),
      [
        `${at}.properties[spec].x-kubernetes-validations[0].rule: Forbidden: estimated rule cost exceeds budget by factor of more than 100x ${remedy}`,
        `${at}.properties[spec].x-kubernetes-validations[0].rule: Forbidden: contributed to estimated rule & messageExpression cost total exceeding cost limit for entire OpenAPIv3 schema`,
        `${at}: Forbidden: x-kubernetes-validations estimated rule & messageExpression cost total for entire OpenAPIv3 schema exceeds budget by factor of more than 100x ${remedy}`,
      ],
    ],
    [
      "a list within a list, both with an end",
      rule("array", "self.all(a, self.exists(b, a == b))", {}, { maxItems: 16, items: text(64) }),
      [],
    ],
    [
      "a message made of a text without end",
      rule("string", "self != ''", { messageExpression: "'no ' + self" }),
      [],
    ],
  ])("a cost beyond the limit: %s", async (_name, schema, told) => {
    expect(await complaints(definition(schema, { plural: "costs" }))).toEqual(told);
    if (told.length === 0) await admin.delete(crds, undefined, "costs.example.com");
  });

  test("the schema of one of several versions, by its own path", async () => {
    const one = definition({ type: "object" });
    const [first] = one.spec.versions;
    one.spec.versions.push({ ...first!, name: "v2", storage: false, schema: { openAPIV3Schema: spec({}) } });
    expect(await complaints(one)).toEqual([
      "spec.versions[1].schema.openAPIV3Schema.properties[spec].type: Required value: must not be empty for specified object fields",
    ]);
  });

  test("columns, selectable fields, names and a group of the community without approval", async () => {
    const version = {
      additionalPrinterColumns: [{ name: "A", type: "text", jsonPath: "a" }],
      selectableFields: [{ jsonPath: ".spec" }],
      deprecationWarning: "old",
    };
    expect(
      await complaints(
        definition(spec({ type: "object" }), { group: "x.k8s.io", version, names: { categories: ["A"] } }),
      ),
    ).toEqual([
      'spec.versions[0].deprecationWarning: Invalid value: "old": can only be set for deprecated versions',
      'spec.additionalPrinterColumns[0].type: Invalid value: "text": must be one of boolean,date,integer,number,string',
      'spec.additionalPrinterColumns[0].JSONPath: Invalid value: "a": must be a simple json path starting with .',
      expect.stringMatching(/^spec\.names\.categories\[0\]: Invalid value: "A": a DNS-1035 label/),
      'metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups must have approval annotation "api-approved.kubernetes.io", see https://github.com/kubernetes/enhancements/pull/1111',
      'spec.selectableFields[0].jsonPath: Invalid value: ".spec": must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.',
    ]);
  });
});
