import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { refs } from "@/lib/cluster/client/refs";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import { startTestCluster, type TestCluster } from "@/lib/cluster/api/testing";
import { startTestBackend, type BackendRequest, type TestBackend } from "@/lib/cluster/api/testing-backend";
import { localNodeProxy } from "@/lib/cluster/api/testing-node-proxy";

const group = "admissionregistration.k8s.io";
const configurations = (plural: string) => ({ group, version: "v1", plural });

let t: TestCluster;
let hook: TestBackend;

beforeAll(async () => {
  hook = await startTestBackend();
  t = await startTestCluster({ nodeProxy: localNodeProxy });
  await t.admin.create(refs.namespaces, namespace("shop", { team: "shop" }));
  await t.admin.create(refs.services, {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "hook", namespace: "shop" },
    spec: { ports: [{ port: hook.port }], selector: { app: "hook" } },
  } as KubeObject);
});
afterAll(async () => {
  await t?.close();
  await hook?.close();
});
afterEach(async () => {
  hook.requests.length = 0;
  for (const plural of ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"])
    for (const { metadata } of (await t.admin.list(configurations(plural))).items)
      await t.admin.delete(configurations(plural), undefined, metadata.name);
});

const namespace = (name: string, labels: Record<string, string>): KubeObject => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name, labels },
});

let serial = 0;
const configMap = (data: Record<string, string> = {}, labels: Record<string, string> = {}): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: `cm-${serial++}`, namespace: "default", labels },
  data,
});

interface Review {
  apiVersion: string;
  request: { uid: string; object: KubeObject & { data?: object }; [field: string]: unknown };
}
const reviewOf = ({ body }: BackendRequest) => body as Review;
/** What a webhook answers to any review. */
const answering = (make: (request: Review["request"]) => object) => (request: BackendRequest) => {
  const { apiVersion, request: asked } = reviewOf(request);
  return { body: { apiVersion, kind: "AdmissionReview", response: { uid: asked.uid, ...make(asked) } } };
};
const patching = (operations: object[]) => ({
  allowed: true,
  patchType: "JSONPatch",
  patch: Buffer.from(JSON.stringify(operations)).toString("base64"),
});

const webhook = (rest: object = {}) => ({
  name: "hook.shop.example.com",
  clientConfig: {
    service: { namespace: "shop", name: "hook", path: "/check", port: hook.port },
    caBundle: hook.caBundle,
  },
  rules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["*"], resources: ["configmaps"] }],
  sideEffects: "None",
  admissionReviewVersions: ["v1"],
  ...rest,
});

async function install(type: "Mutating" | "Validating", ...webhooks: object[]): Promise<void> {
  const plural = `${type.toLowerCase()}webhookconfigurations`;
  await t.admin.create(configurations(plural), {
    apiVersion: `${group}/v1`,
    kind: `${type}WebhookConfiguration`,
    metadata: { name: `test-${serial++}` },
    webhooks,
  } as KubeObject);
}

const create = (object: KubeObject) => t.admin.create(refs.configMaps, object);

describe("a validating webhook", () => {
  test("is told of the request, and what it says is what the client hears", async () => {
    await install("Validating", webhook());
    hook.answer(
      answering(({ object }) =>
        "bad" in (object.data ?? {})
          ? { allowed: false, status: { code: 403, message: "no bad things" }, warnings: ["mind the gap"] }
          : { allowed: true, warnings: ["mind the gap"] },
      ),
    );
    const good = configMap();
    const created = await t.kubectl(["create", "-f", "-"], { stdin: JSON.stringify(good) });
    expect(created.stdout).toBe(`configmap/${good.metadata.name} created\n`);
    expect(created.stderr).toBe("Warning: mind the gap\n");
    const { request } = reviewOf(hook.requests[0]!);
    expect(hook.requests[0]).toMatchObject({ method: "POST", path: "/check?timeout=10s" });
    expect(request).toMatchObject({
      kind: { group: "", version: "v1", kind: "ConfigMap" },
      resource: { group: "", version: "v1", resource: "configmaps" },
      requestKind: { group: "", version: "v1", kind: "ConfigMap" },
      name: good.metadata.name,
      namespace: "default",
      operation: "CREATE",
      userInfo: { username: "kubernetes-admin", groups: ["system:masters", "system:authenticated"] },
      object: { apiVersion: "v1", kind: "ConfigMap", metadata: { name: good.metadata.name } },
      oldObject: null,
      dryRun: false,
      options: { kind: "CreateOptions", apiVersion: "meta.k8s.io/v1" },
    });
    const bad = configMap({ bad: "yes" });
    const refused = await t.kubectl(["create", "-f", "-"], { stdin: JSON.stringify(bad) });
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain(
      'Error from server: error when creating "STDIN": admission webhook "hook.shop.example.com" denied the request: no bad things',
    );
  });

  test("is asked before a connection is made, with its options", async () => {
    await t.admin.create(refs.pods, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "shell", namespace: "default" },
      spec: { nodeName: "node01", containers: [{ name: "main", image: "busybox" }] },
    } as KubeObject);
    const rules = [
      {
        apiGroups: [""],
        apiVersions: ["v1"],
        operations: ["CONNECT"],
        resources: ["pods/exec", "pods/proxy"],
      },
    ];
    await install("Validating", webhook({ rules }));
    hook.answer(answering(() => ({ allowed: false, status: { code: 403, message: "no shells" } })));
    const refused = await t.kubectl(["exec", "-i", "shell", "--", "sh", "-c", "id"]);
    expect(refused.stderr).toContain(
      'admission webhook "hook.shop.example.com" denied the request: no shells',
    );
    expect(reviewOf(hook.requests[0]!).request).toMatchObject({
      kind: { group: "", version: "v1", kind: "PodExecOptions" },
      resource: { group: "", version: "v1", resource: "pods" },
      subResource: "exec",
      name: "shell",
      namespace: "default",
      operation: "CONNECT",
      object: {
        kind: "PodExecOptions",
        apiVersion: "v1",
        stdin: true,
        container: "main",
        command: ["sh", "-c", "id"],
      },
      oldObject: null,
      options: null,
    });
    const proxied = await t.request("GET", "/api/v1/namespaces/default/pods/shell/proxy/a/b?c=d", {});
    expect(proxied.status).toBe(403);
    expect(reviewOf(hook.requests.at(-1)!).request.object).toEqual({
      kind: "PodProxyOptions",
      apiVersion: "v1",
      path: "/a/b",
    });
    hook.answer(answering(() => ({ allowed: true })));
    expect((await t.kubectl(["exec", "shell", "--", "echo", "in"])).stdout).toBe("in\n");
  });

  test("sees deletes with the object that goes", async () => {
    const doomed = await create(configMap());
    await install("Validating", webhook());
    hook.answer(answering(() => ({ allowed: false })));
    await expect(t.admin.delete(refs.configMaps, "default", doomed.metadata.name)).rejects.toThrow(
      'admission webhook "hook.shop.example.com" denied the request without explanation',
    );
    expect(reviewOf(hook.requests[0]!).request).toMatchObject({
      operation: "DELETE",
      object: null,
      oldObject: { metadata: { name: doomed.metadata.name } },
    });
  });

  test("is asked only of what its rules, selectors and conditions take", async () => {
    await install(
      "Validating",
      webhook({ name: "a.b.c", objectSelector: { matchLabels: { checked: "yes" } } }),
      webhook({ name: "d.e.f", namespaceSelector: { matchLabels: { team: "shop" } } }),
      webhook({
        name: "g.h.i",
        matchConditions: [{ name: "big", expression: "has(object.data) && size(object.data) > 1" }],
      }),
      webhook({
        name: "j.k.l",
        rules: [{ apiGroups: ["apps"], apiVersions: ["*"], operations: ["*"], resources: ["*"] }],
      }),
    );
    hook.answer(answering(() => ({ allowed: true })));
    await create(configMap());
    expect(hook.requests).toHaveLength(0);
    await create(configMap({}, { checked: "yes" }));
    expect(hook.requests).toHaveLength(1);
    await create(configMap({ a: "1", b: "2" }));
    expect(hook.requests).toHaveLength(2);
    const inShop = configMap();
    await create({ ...inShop, metadata: { ...inShop.metadata, namespace: "shop" } });
    expect(hook.requests).toHaveLength(3);
  });

  test("of one version sees requests of another, in its own", async () => {
    await install(
      "Validating",
      webhook({
        rules: [
          {
            apiGroups: ["autoscaling"],
            apiVersions: ["v2"],
            operations: ["CREATE"],
            resources: ["horizontalpodautoscalers"],
          },
        ],
      }),
    );
    hook.answer(answering(() => ({ allowed: true })));
    await t.admin.create({ group: "autoscaling", version: "v1", plural: "horizontalpodautoscalers" }, {
      apiVersion: "autoscaling/v1",
      kind: "HorizontalPodAutoscaler",
      metadata: { name: "hpa", namespace: "default" },
      spec: { maxReplicas: 3, scaleTargetRef: { kind: "Deployment", name: "d", apiVersion: "apps/v1" } },
    } as KubeObject);
    expect(reviewOf(hook.requests[0]!).request).toMatchObject({
      kind: { version: "v2" },
      requestKind: { version: "v1" },
      object: { apiVersion: "autoscaling/v2" },
    });
  });

  test.each([
    [
      "cannot be found",
      { clientConfig: { service: { namespace: "shop", name: "ghost", port: 443 } } },
      'failed calling webhook "hook.shop.example.com": failed to call webhook: Post "https://ghost.shop.svc:443/?timeout=10s": service "ghost" not found',
    ],
    [
      "shows a certificate of nobody's",
      {},
      "tls: failed to verify certificate: x509: certificate signed by unknown authority",
    ],
    [
      "does not answer in time",
      { timeoutSeconds: 1 },
      `Post "https://hook.shop.svc:PORT/check?timeout=1s": context deadline exceeded`,
    ],
  ])("that %s refuses the request, or not, as its failurePolicy says", async (why, rest, message) => {
    const broken = webhook(rest);
    if (why.includes("certificate")) broken.clientConfig = { ...broken.clientConfig, caBundle: otherCa() };
    hook.answer(() => new Promise(() => undefined));
    await install("Validating", broken);
    const text = message.replace("PORT", String(hook.port));
    await expect(create(configMap())).rejects.toMatchObject({ code: 500, reason: "InternalError" });
    await expect(create(configMap())).rejects.toThrow(text);
    for (const { metadata } of (await t.admin.list(configurations("validatingwebhookconfigurations"))).items)
      await t.admin.delete(configurations("validatingwebhookconfigurations"), undefined, metadata.name);
    await install("Validating", { ...broken, failurePolicy: "Ignore" });
    expect(await create(configMap())).toMatchObject({ kind: "ConfigMap" });
  });

  test("with side effects is not asked of dry runs", async () => {
    await install("Validating", webhook());
    hook.answer(answering(() => ({ allowed: true })));
    const { stdout } = await t.kubectl(["create", "--dry-run=server", "-f", "-"], {
      stdin: JSON.stringify(configMap()),
    });
    expect(stdout).toContain("created (server dry run)");
    expect(reviewOf(hook.requests[0]!).request).toMatchObject({ dryRun: true, options: { dryRun: ["All"] } });
  });

  test.each([
    ["an answer for another request", { uid: "x", allowed: true }, 'expected response.uid="'],
    ["a patch", { ...patching([]) }, "validating webhook may not return response.patch"],
  ])("cannot give %s", async (_what, response, message) => {
    await install("Validating", webhook());
    hook.answer(answering(() => response));
    await expect(create(configMap())).rejects.toThrow(
      `failed calling webhook "hook.shop.example.com": received invalid webhook response: ${message}`,
    );
  });
});

describe("a mutating webhook", () => {
  test("changes what is stored, and those after it see that", async () => {
    await install(
      "Mutating",
      webhook({ name: "a.shop.example.com" }),
      webhook({ name: "b.shop.example.com" }),
    );
    hook.answer(
      answering(({ object }) =>
        object.metadata.labels?.first
          ? patching([{ op: "add", path: "/metadata/labels/second", value: "2" }])
          : patching([
              { op: "replace", path: "/metadata/labels", value: { first: "1" } },
              { op: "add", path: "/nonsense", value: "dropped" },
            ]),
      ),
    );
    const created = await create(configMap({ a: "b" }));
    expect(created.metadata.labels).toEqual({ first: "1", second: "2" });
    expect(created).not.toHaveProperty("nonsense");
    expect(reviewOf(hook.requests[0]!).request.object.metadata).not.toHaveProperty("uid");
  });

  test("is asked again when a later one changed the object and it wants to know", async () => {
    await install(
      "Mutating",
      webhook({ name: "a.shop.example.com", reinvocationPolicy: "IfNeeded" }),
      webhook({ name: "b.shop.example.com" }),
    );
    hook.answer(
      answering(({ object }) => {
        const count = Number(object.metadata.labels?.count ?? 0);
        return patching([{ op: "add", path: "/metadata/labels", value: { count: String(count + 1) } }]);
      }),
    );
    // a, b, and a once more.
    expect((await create(configMap())).metadata.labels).toEqual({ count: "3" });
    expect(hook.requests).toHaveLength(3);
  });

  test("gives pods what the rest of admission then completes", async () => {
    const pods = [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] }];
    await install("Mutating", webhook({ rules: pods }));
    hook.answer(
      answering(() =>
        patching([{ op: "add", path: "/spec/containers/-", value: { name: "sidecar", image: "envoy" } }]),
      ),
    );
    const created = await t.admin.create(refs.pods, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "p", namespace: "default" },
      spec: { containers: [{ name: "main", image: "nginx" }] },
    } as KubeObject);
    const { containers } = created.spec as {
      containers: { imagePullPolicy: string; volumeMounts: object[] }[];
    };
    expect(containers[1]).toMatchObject({ name: "sidecar", imagePullPolicy: "Always" });
    // The service account's token is mounted in the second run of the chain.
    expect(containers[1]!.volumeMounts).toHaveLength(1);
  });

  test("does not see webhook configurations, so that a wrong one can be removed", async () => {
    await install(
      "Mutating",
      webhook({ rules: [{ apiGroups: ["*"], apiVersions: ["*"], operations: ["*"], resources: ["*/*"] }] }),
    );
    hook.answer(answering(() => ({ allowed: false })));
    await expect(create(configMap())).rejects.toThrow("denied the request");
    const [one] = (await t.admin.list(configurations("mutatingwebhookconfigurations"))).items;
    await t.admin.delete(configurations("mutatingwebhookconfigurations"), undefined, one!.metadata.name);
  });
});

const otherCa = () => Buffer.from(t.ca.certificatePem).toString("base64");
