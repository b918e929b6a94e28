import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { kinds } from "@/lib/cluster/resources";
import { sampleObject, type Sample } from "@/lib/cluster/resources/conformance/sample";
import { samples } from "@/lib/cluster/resources/conformance/samples";
import type { Kind, KubeObject } from "@/lib/cluster/resources/kind";
import { clone } from "../json";
import { startTestCluster, type TestCluster } from "../testing";

/** Every stored kind through the API server itself, as a client speaks with it; the hooks of kinds have their own suite. */
let t: TestCluster;
beforeAll(async () => {
  t = await startTestCluster();
  // What some of the samples name.
  await send("POST", "/apis/scheduling.k8s.io/v1/priorityclasses", {
    apiVersion: "scheduling.k8s.io/v1",
    kind: "PriorityClass",
    metadata: { name: "named" },
    value: 1,
  });
});
afterAll(() => t?.close());

interface Answer {
  status: number;
  body: KubeObject & {
    message?: string;
    columnDefinitions?: { name: string }[];
    rows?: { cells: unknown[] }[];
    details?: { causes?: { field?: string }[] };
  };
}

async function send(
  method: string,
  path: string,
  body?: unknown,
  type = "application/json",
  accept = "application/json",
): Promise<Answer> {
  const answer = await t.request(method, path, {
    headers: { accept, ...(body === undefined ? {} : { "content-type": type }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: JSON.parse(answer.body) as Answer["body"] };
}

/** The answer's object; fails with the server's own words. */
async function ok(...request: Parameters<typeof send>): Promise<Answer["body"]> {
  const { status, body } = await send(...request);
  expect([200, 201, 202], `${request[0]} ${request[1]}: ${body.message}`).toContain(status);
  return body;
}

const stored = kinds.filter(({ verbs, storage }) => verbs?.includes("update") && !storage);
const kindOf = ({ group, kind }: Sample): Kind =>
  stored.find((one) => one.group === group && one.kind === kind)!;

function collectionOf({ group, version, plural, namespaced }: Kind): string {
  const root = group ? `/apis/${group}/${version}` : `/api/${version}`;
  return namespaced ? `${root}/namespaces/default/${plural}` : `${root}/${plural}`;
}

/** Cells that the API server's own parts fill at once; without them they are as the sample says. */
const filled: Record<string, Record<string, unknown>> = {
  ResourceQuota: { Request: "pods: 0/10", Limit: "limits.cpu: 0/4" },
  CertificateSigningRequest: { Requestor: "kubernetes-admin" },
  APIService: { Available: expect.stringMatching(/^(Unknown|False \(ServiceNotFound\))$/) },
};

const mine = (object: KubeObject) => ({
  ...object,
  metadata: { ...object.metadata, managedFields: undefined },
});

describe.each(samples.map((sample) => [`${sample.group || "core"} ${sample.kind}`, sample] as const))(
  "%s",
  (_name, sample) => {
    const kind = kindOf(sample);
    const collection = collectionOf(kind);
    const object = () => sampleObject(sample, kind.version, kind.namespaced);
    const { name } = object().metadata;
    const path = `${collection}/${name}`;
    const annotations = async () => (await ok("GET", path)).metadata.annotations ?? {};

    test("lives through every verb", async () => {
      const dry = await ok("POST", `${collection}?dryRun=All`, object());
      expect(dry.metadata.uid).toBeTruthy();
      expect((await send("GET", path)).status).toBe(404);

      const made = await ok("POST", `${collection}?fieldValidation=Strict`, object());
      expect(made).toMatchObject({ kind: kind.kind, metadata: { name } });
      expect((await send("POST", collection, object())).status).toBe(409);
      expect((await ok("GET", path)).metadata.uid).toBe(made.metadata.uid);
      const { items } = (await ok(
        "GET",
        `${collection}?fieldSelector=metadata.name%3D${name}`,
      )) as unknown as {
        items: KubeObject[];
      };
      expect(items.map(({ metadata }) => metadata.uid)).toEqual([made.metadata.uid]);

      const table = await ok(
        "GET",
        path,
        undefined,
        undefined,
        "application/json;as=Table;v=v1;g=meta.k8s.io",
      );
      const cells = Object.fromEntries(
        table.columnDefinitions!.map((column, at) => [column.name, table.rows![0]!.cells[at]]),
      );
      expect(cells).toMatchObject({
        ...sample.cells,
        ...filled[sample.kind],
        ...(cells.Name ? { Name: name } : {}),
      });

      await ok("PATCH", path, { metadata: { annotations: { merge: "1" } } }, "application/merge-patch+json");
      await ok(
        "PATCH",
        path,
        [
          { op: "test", path: "/metadata/annotations/merge", value: "1" },
          { op: "add", path: "/metadata/annotations/json", value: "2" },
        ],
        "application/json-patch+json",
      );
      await ok(
        "PATCH",
        path,
        { metadata: { annotations: { strategic: "3", merge: null } } },
        "application/strategic-merge-patch+json",
      );
      const identity = { apiVersion: made.apiVersion, kind: made.kind };
      const applied = await ok(
        "PATCH",
        `${path}?fieldManager=applier`,
        { ...identity, metadata: { name, annotations: { applied: "4" } } },
        "application/apply-patch+yaml",
      );
      expect(applied.metadata.managedFields).toContainEqual(
        expect.objectContaining({ manager: "applier", operation: "Apply" }),
      );
      expect(await annotations()).toMatchObject({ json: "2", strategic: "3", applied: "4" });
      expect(await annotations()).not.toHaveProperty("merge");

      const current = await ok("GET", path);
      const next = clone(current);
      next.metadata.annotations = { ...next.metadata.annotations, put: "5" };
      await ok("PUT", path, next);
      expect(
        (
          await send("PUT", path, {
            ...clone(current),
            metadata: { ...current.metadata, annotations: { late: "6" } },
          })
        ).status,
      ).toBe(409);
      expect(await annotations()).toHaveProperty("put", "5");
      const same = await ok("GET", path);
      expect(mine(await ok("PUT", path, same))).toEqual(mine(same));

      const other = await send(
        "PATCH",
        path,
        { metadata: { name: "other" } },
        "application/merge-patch+json",
      );
      expect([400, 422]).toContain(other.status);
      await ok("DELETE", `${path}?dryRun=All`);
      await ok("GET", path);
      await ok("DELETE", `${path}?gracePeriodSeconds=0`);
      await expect
        .poll(async () => {
          const { status, body } = await send("GET", path);
          return status === 404 || body.metadata.deletionTimestamp !== undefined;
        })
        .toBe(true);
    });

    test.each(sample.invalid ?? [])("refuses $name with 422", async ({ change, field }) => {
      const bad = changed(object(), change);
      const { status, body } = await send("POST", collection, bad);
      // A name that is none may be refused before the rest is looked at.
      expect([422, 400, 403], body.message).toContain(status);
      if (status === 422) expect(body.details?.causes?.map((cause) => cause.field)).toContain(field);
    });

    test("is described in its group's OpenAPI document, as kubectl explain reads it", async () => {
      const root = kind.group ? `apis/${kind.group}/${kind.version}` : `api/${kind.version}`;
      const { components } = (await ok("GET", `/openapi/v3/${root}`)) as unknown as {
        components: {
          schemas: Record<
            string,
            { description?: string; properties?: object; "x-kubernetes-group-version-kind"?: object[] }
          >;
        };
      };
      const gvk = { group: kind.group, version: kind.version, kind: kind.kind };
      const found = Object.values(components.schemas).filter((schema) =>
        schema["x-kubernetes-group-version-kind"]?.some(
          (one) => JSON.stringify(Object.entries(one).sort()) === JSON.stringify(Object.entries(gvk).sort()),
        ),
      );
      expect(found).toHaveLength(1);
      expect(found[0]!.description).toBeTruthy();
      const known = Object.keys(found[0]!.properties ?? {});
      expect(Object.keys(object()).filter((field) => !known.includes(field))).toEqual([]);
    });
  },
);

function changed(object: KubeObject, changes: Record<string, unknown>): KubeObject {
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
