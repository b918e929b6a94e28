import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestCluster, type TestCluster } from "../testing";
import { duplicateFields, parseYamlStrictly } from "./duplicate-fields";

test.each([
  ["{}", []],
  ['{"a":1,"b":{"a":1},"c":[{"a":1},{"a":2}]}', []],
  ['{"a":1,"a":2}', ["a"]],
  ['{"spec":{"containers":[{"image":"a"},{"image":"b","image":"c"}]}}', ["spec.containers[1].image"]],
  ['{"a":{"x":1},"a":{"x":2,"x":3}}', ["a", "a.x"]],
  [String.raw`{"a\"b":1,"c":"}\",{","a\u0022b":2}`, ['a"b']],
  ['[{"a":[[1],{"b":1,"b":2}]}]', ["[0].a[1].b"]],
])("what %s repeats", (json, expected) => {
  expect(duplicateFields(json)).toEqual(expected);
});

test("of YAML it is told by line, as Go's YAML does", () => {
  expect(parseYamlStrictly("a: 1\nb:\n  c: 1\n  c: 2\n")).toEqual({
    value: { a: 1, b: { c: 2 } },
    duplicates: 'yaml: unmarshal errors:\n  line 4: key "c" already set in map',
  });
});

test("YAML is read as Go's YAML 1.1: octals and words for booleans, but no times", () => {
  const { value } = parseYamlStrictly(
    "a: 0644\nb: yes\nc: off\nd: 2020-01-01\ne: 12:30:45\nf: 1e3\ng: ~\nh: 0x1f\n",
  );
  expect(value).toEqual({
    a: 420,
    b: true,
    c: false,
    d: "2020-01-01",
    e: "12:30:45",
    f: 1000,
    g: null,
    h: 31,
  });
});

describe("a body that gives a field twice", () => {
  let t: TestCluster;
  beforeAll(async () => {
    t = await startTestCluster();
  });
  afterAll(() => t?.close());
  const body =
    '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"x":"1","x":"2"},"nope":1}';
  const send = (validation: string) =>
    t.request("POST", `/api/v1/namespaces/default/configmaps?fieldValidation=${validation}&dryRun=All`, {
      headers: { "content-type": "application/json" },
      body,
    });

  test("is refused, warned of or let pass, as the request wants", async () => {
    const strict = await send("Strict");
    expect(strict.status).toBe(400);
    expect(JSON.parse(strict.body)).toMatchObject({
      message:
        'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: duplicate field "data.x", unknown field "nope"',
    });
    const warned = await send("Warn");
    expect(warned.status).toBe(201);
    expect(warned.headers.warning).toBe(
      String.raw`299 - "duplicate field \"data.x\"", 299 - "unknown field \"nope\""`,
    );
    expect(JSON.parse(warned.body)).toMatchObject({ data: { x: "2" } });
    const ignored = await send("Ignore");
    expect(ignored).toMatchObject({ status: 201 });
    expect(ignored.headers.warning).toBeUndefined();
  });

  test("makes a patch invalid where what it gives cannot be decoded", async () => {
    const send = (type: string, body: string) =>
      t.request("PATCH", "/api/v1/namespaces/default/serviceaccounts/default?fieldValidation=Strict", {
        headers: { "content-type": type },
        body,
      });
    const merge = await send("application/merge-patch+json", '{"nope":1}');
    expect(JSON.parse(merge.body)).toMatchObject({ code: 422, reason: "Invalid" });
    expect(merge.body).toContain('strict decoding error: unknown field \\"nope\\"');
    const strategic = await send(
      "application/strategic-merge-patch+json",
      '{"automountServiceAccountToken":"x"}',
    );
    expect(JSON.parse(strategic.body)).toMatchObject({
      code: 422,
      message: expect.stringContaining(
        'patch: Invalid value: "map[automountServiceAccountToken:x]": json: cannot unmarshal string',
      ),
    });
  });

  test("is told of in YAML and in patches too", async () => {
    const yaml = await t.request("POST", "/api/v1/namespaces/default/configmaps?fieldValidation=Strict", {
      headers: { "content-type": "application/yaml" },
      body: "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: b\n  name: c\n",
    });
    expect(JSON.parse(yaml.body)).toMatchObject({
      code: 400,
      message:
        'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: yaml: unmarshal errors:\n  line 5: key "name" already set in map',
    });
    const patch = await t.request(
      "PATCH",
      "/api/v1/namespaces/default/serviceaccounts/default?fieldValidation=Strict",
      {
        headers: { "content-type": "application/merge-patch+json" },
        body: '{"metadata":{"labels":{"a":"1","a":"2"}}}',
      },
    );
    expect(JSON.parse(patch.body)).toMatchObject({
      code: 422,
      message: expect.stringContaining('strict decoding error: duplicate field "metadata.labels.a"'),
    });
  });
});
