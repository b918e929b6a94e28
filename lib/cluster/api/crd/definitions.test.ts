import { afterAll, beforeAll, expect, test } from "vitest";
import type { ClusterClient, WatchEvent } from "@/lib/cluster/client/client";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { Condition, CustomResourceDefinition } from "@/lib/cluster/resources/types";
import { createTestCluster } from "../testing";
import type { Cluster } from "../types";
import type { JsonSchema } from "./json-schema";

const crds = { group: "apiextensions.k8s.io", version: "v1", plural: "customresourcedefinitions" };

let cluster: Cluster;
let admin: ClusterClient;
beforeAll(async () => {
  cluster = await createTestCluster();
  admin = cluster.client({ name: "admin", groups: ["system:masters"] });
});
afterAll(() => cluster.close());

type Definition = KubeObject & CustomResourceDefinition;

function definition(
  group: string,
  names: { plural: string; kind: string; shortNames?: string[] },
  spec?: JsonSchema,
) {
  const properties = spec ? { properties: { spec } } : {};
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${names.plural}.${group}` },
    spec: {
      group,
      scope: "Cluster",
      names,
      versions: [
        {
          name: "v1",
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: "object", ...properties } },
        },
      ],
    },
  } as unknown as Definition;
}

/** The conditions of a definition once `type` is there: "Type=Status Reason: message". */
async function conditions(name: string, type = "Established"): Promise<string[]> {
  return expect
    .poll(
      async () => {
        const { status } = await admin.get<Definition>(crds, undefined, name);
        const found: Condition[] = status?.conditions ?? [];
        return found.some((one) => one.type === type) ? (status!.conditions as Condition[]) : undefined;
      },
      { timeout: 20_000 },
    )
    .toBeDefined()
    .then(async () => {
      const { status } = await admin.get<Definition>(crds, undefined, name);
      return status!.conditions!.map(
        ({ type, status: is, reason, message }) => `${type}=${is} ${reason}: ${message}`,
      );
    });
}
const accepted = [
  "NamesAccepted=True NoConflicts: no conflicts found",
  "Established=True InitialNamesAccepted: the initial names have been accepted",
];
const things = (group: string, plural: string) => ({ group, version: "v1", plural });

test("the second definition of a kind waits until the first is gone", async () => {
  const group = "clash.example.com";
  await admin.create(crds, definition(group, { plural: "cups", kind: "Cup", shortNames: ["c"] }));
  expect(await conditions(`cups.${group}`)).toEqual(accepted);
  await admin.create(crds, definition(group, { plural: "mugs", kind: "Cup" }));
  expect(await conditions(`mugs.${group}`)).toEqual([
    'NamesAccepted=False ListKindConflict: "CupList" is already in use',
    "Established=False NotAccepted: not all names are accepted",
  ]);
  await admin.create(crds, definition(group, { plural: "cans", kind: "Can", shortNames: ["c"] }));
  expect((await conditions(`cans.${group}`))[0]).toBe(
    'NamesAccepted=False ShortNamesConflict: "c" is already in use',
  );
  const { status } = await admin.get<Definition>(crds, undefined, `cans.${group}`);
  expect(status?.acceptedNames).toEqual({
    plural: "cans",
    singular: "can",
    kind: "Can",
    listKind: "CanList",
  });
  await expect(admin.list(things(group, "mugs"))).rejects.toMatchObject({ code: 404 });

  await admin.delete(crds, undefined, `cups.${group}`);
  await expect.poll(() => conditions(`mugs.${group}`), { timeout: 20_000 }).toEqual(accepted);
  await expect.poll(() => conditions(`cans.${group}`), { timeout: 20_000 }).toEqual(accepted);
  expect((await admin.list(things(group, "mugs"))).items).toEqual([]);
});

test("a name that an established kind cannot have leaves it as it is", async () => {
  const group = "late.example.com";
  await admin.create(crds, definition(group, { plural: "ones", kind: "One", shortNames: ["o"] }));
  await admin.create(crds, definition(group, { plural: "twos", kind: "Two", shortNames: ["t"] }));
  await conditions(`twos.${group}`);
  const two = await admin.get<Definition>(crds, undefined, `twos.${group}`);
  await admin.update(crds, {
    ...two,
    spec: { ...two.spec, names: { ...two.spec.names, shortNames: ["o"] } },
  });
  await expect
    .poll(() => conditions(`twos.${group}`), { timeout: 20_000 })
    .toEqual(['NamesAccepted=False ShortNamesConflict: "o" is already in use', accepted[1]]);
  const { status } = await admin.get<Definition>(crds, undefined, `twos.${group}`);
  expect(status?.acceptedNames?.shortNames).toEqual(["t"]);
  expect((await admin.list(things(group, "twos"))).items).toEqual([]);
});

test("a definition of a community group tells its approval", async () => {
  const group = "approved.k8s.io";
  const one = definition(group, { plural: "ones", kind: "One" });
  one.metadata.annotations = { "api-approved.kubernetes.io": "unapproved, a test" };
  await admin.create(crds, one);
  expect(await conditions(`ones.${group}`, "KubernetesAPIApprovalPolicyConformant")).toEqual([
    ...accepted,
    'KubernetesAPIApprovalPolicyConformant=False UnapprovedAnnotation: not approved: "unapproved, a test"',
  ]);
});

test("watches end with the kind", async () => {
  const group = "watched.example.com";
  await admin.create(crds, definition(group, { plural: "birds", kind: "Bird" }));
  const signal = AbortSignal.timeout(60_000);
  const events: WatchEvent<KubeObject>[] = [];
  const ended = (async () => {
    for await (const event of admin.watch(things(group, "birds"), { signal })) events.push(event);
  })();
  await admin.create(things(group, "birds"), {
    apiVersion: `${group}/v1`,
    kind: "Bird",
    metadata: { name: "wren" },
  });
  await admin.delete(crds, undefined, `birds.${group}`);
  await ended;
  expect(signal.aborted).toBe(false);
  expect(events.filter(({ type }) => type !== "BOOKMARK").map(({ type }) => type)).toEqual([
    "ADDED",
    "DELETED",
  ]);
});

test("objects may be left of a definition that ends, and none is made any more", async () => {
  const group = "ending.example.com";
  const pens = things(group, "pens");
  const pen = (name: string): KubeObject => ({ apiVersion: `${group}/v1`, kind: "Pen", metadata: { name } });
  await admin.create(crds, definition(group, { plural: "pens", kind: "Pen" }));
  const held = pen("held");
  held.metadata.finalizers = ["example.com/mine"];
  await admin.create(pens, held);
  await conditions(`pens.${group}`);
  await admin.delete(crds, undefined, `pens.${group}`);
  expect((await conditions(`pens.${group}`, "Terminating")).at(-1)).toBe(
    "Terminating=True InstanceDeletionInProgress: CustomResource deletion is in progress",
  );
  await expect(admin.create(pens, pen("new"))).rejects.toMatchObject({
    code: 405,
    message: "create not allowed while custom resource definition is terminating",
  });
  await admin.patch(pens, undefined, "held", "application/merge-patch+json", {
    metadata: { finalizers: null },
  });
  await expect
    .poll(() => admin.get(crds, undefined, `pens.${group}`).catch(({ code }: { code: number }) => code), {
      timeout: 20_000,
    })
    .toBe(404);
});

test("what was stored before a schema got stricter may stay, what changes may not be wrong", async () => {
  const group = "ratchet.example.com";
  const nuts = things(group, "nuts");
  const names = { plural: "nuts", kind: "Nut" };
  const schema = (size: object, list: object = {}): JsonSchema => ({
    type: "object",
    properties: {
      size: { type: "integer", ...size },
      colour: { type: "string" },
      marks: { type: "array", items: { type: "string" }, ...list },
    },
  });
  const made = await admin.create(crds, definition(group, names, schema({})));
  const nut = {
    apiVersion: `${group}/v1`,
    kind: "Nut",
    metadata: { name: "one" },
    spec: { size: 9, marks: ["a", "a"] },
  };
  await admin.create(nuts, nut as KubeObject);
  const stricter = definition(
    group,
    names,
    schema(
      { maximum: 5, "x-kubernetes-validations": [{ rule: "self < 7" }] },
      { "x-kubernetes-list-type": "set" },
    ),
  );
  const current = await admin.get<Definition>(crds, undefined, made.metadata.name);
  await admin.update(crds, { ...current, spec: { ...current.spec, versions: stricter.spec.versions } });
  const patch = (spec: object) =>
    admin.patch(nuts, undefined, "one", "application/merge-patch+json", { spec });
  await patch({ colour: "brown" });
  await expect(patch({ size: 8 })).rejects.toMatchObject({ code: 422 });
  await patch({ size: 5, marks: ["a"] });
  await expect(patch({ marks: ["a", "a"] })).rejects.toMatchObject({ code: 422 });
});

test("a definition that was stored with a mistake may be stored again, not one with another", async () => {
  const group = "stored.example.com";
  const made = await admin.create<Definition>(
    crds,
    definition(group, { plural: "caps", kind: "Cap" }, { type: "object" }),
  );
  await conditions(made.metadata.name);
  const { spec, ...rest } = await admin.get<Definition>(crds, undefined, made.metadata.name);
  const broken = structuredClone(spec);
  broken.versions[0]!.schema!.openAPIV3Schema!.properties!.spec = {};
  await expect(admin.update(crds, { ...rest, spec: broken } as Definition)).rejects.toMatchObject({
    code: 422,
    message: expect.stringContaining("properties[spec].type: Required value") as string,
  });
});
