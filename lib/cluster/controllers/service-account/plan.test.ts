import { expect, test } from "vitest";
import type { ConfigMap, Namespace, ServiceAccount } from "@/lib/cluster/resources/types";
import { planNamespace } from "./plan";

const namespace = (metadata: object = {}, phase: "Active" | "Terminating" = "Active"): Namespace => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name: "shop", ...metadata },
  spec: {},
  status: { phase },
});
const account: ServiceAccount = {
  apiVersion: "v1",
  kind: "ServiceAccount",
  metadata: { name: "default", namespace: "shop" },
};
const description = { "kubernetes.io/description": "said" };
const published = (data: Record<string, string> | undefined, annotations?: object): ConfigMap => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "kube-root-ca.crt", namespace: "shop", resourceVersion: "7", ...annotations },
  ...(data ? { data } : {}),
});
const sound = published({ "ca.crt": "CA" }, { annotations: description });
const leaving = { deletionTimestamp: "2026-01-01T00:00:00Z" };

test.each<[string, Namespace, ServiceAccount | undefined, ConfigMap | undefined, string[]]>([
  ["new", namespace(), undefined, undefined, ["create ServiceAccount", "create ConfigMap"]],
  ["complete", namespace(), account, sound, []],
  ["its account was deleted", namespace(), undefined, sound, ["create ServiceAccount"]],
  ["its certificate was deleted", namespace(), account, undefined, ["create ConfigMap"]],
  [
    "another certificate stands there",
    namespace(),
    account,
    published({ "ca.crt": "forged" }, { annotations: description }),
    ["update ConfigMap"],
  ],
  ["nothing stands there", namespace(), account, published(undefined), ["update ConfigMap"]],
  [
    "something stands beside the certificate",
    namespace(),
    account,
    published({ "ca.crt": "CA", more: "x" }, { annotations: description }),
    ["update ConfigMap"],
  ],
  [
    "the description was taken off",
    namespace(),
    account,
    published({ "ca.crt": "CA" }),
    ["update ConfigMap"],
  ],
  ["being deleted", namespace(leaving), undefined, undefined, []],
  ["terminating", namespace({}, "Terminating"), undefined, published(undefined), []],
])("a namespace, %s", (_name, of, account, authority, told) => {
  const writes = planNamespace(of, account, authority, "CA");
  expect(writes.map(({ kind, object }) => `${kind} ${object.kind}`)).toEqual(told);
});

test("a certificate that is put right keeps its version and what others wrote on it", () => {
  const stale = published({ "ca.crt": "old" }, { annotations: { mine: "yes" }, labels: { team: "a" } });
  const [write] = planNamespace(namespace(), account, stale, "CA");
  expect(write!.object).toMatchObject({
    metadata: {
      resourceVersion: "7",
      labels: { team: "a" },
      annotations: {
        mine: "yes",
        "kubernetes.io/description": expect.stringContaining("CA bundle") as string,
      },
    },
    data: { "ca.crt": "CA" },
  });
});
