import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestCluster, type TestCluster } from "../testing";

let t: TestCluster;
beforeAll(async () => {
  t = await startTestCluster();
});
afterAll(() => t?.close());

const pods = { group: "", version: "v1", plural: "pods" };
const strategic = { "content-type": "application/strategic-merge-patch+json" };
const cpu = (request: string, limit?: string) => ({
  requests: { cpu: request, memory: "1Gi" },
  ...(limit ? { limits: { cpu: limit } } : {}),
});

async function create(name: string, container: object = {}) {
  await t.admin.create(pods, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "default" },
    spec: {
      containers: [{ name: "app", image: "nginx", ...container }],
      initContainers: [{ name: "once", image: "busybox" }],
    },
  } as never);
}

async function patch(name: string, subresource: string, spec: object) {
  const path = `/api/v1/namespaces/default/pods/${name}${subresource ? `/${subresource}` : ""}`;
  const answer = await t.request("PATCH", path, { headers: strategic, body: JSON.stringify({ spec }) });
  return { ...(JSON.parse(answer.body) as { message?: string; spec?: never }), status: answer.status };
}

/** Texts of kubernetes 1.34 pkg/apis/core/validation (ValidatePodResize, ValidatePodEphemeralContainersUpdate). */
describe("pods/resize", () => {
  test("changes cpu and memory, and the generation with them", async () => {
    await create("grows", { resources: cpu("100m") });
    const answer = await patch("grows", "resize", {
      containers: [{ name: "app", image: "other", resources: { requests: { cpu: "200m" } } }],
    });
    expect(answer).toMatchObject({
      status: 200,
      metadata: { generation: 2 },
      spec: { containers: [{ name: "app", image: "nginx", resources: cpu("200m") }] },
    });
    const kubectl = await t.kubectl([
      ...["patch", "pod", "grows", "--subresource", "resize", "-p"],
      '{"spec":{"containers":[{"name":"app","resources":{"requests":{"cpu":"300m"}}}]}}',
    ]);
    expect(kubectl.stdout).toBe("pod/grows patched\n");
  });

  test.each([
    [
      "a request taken away",
      { containers: [{ name: "app", resources: { requests: { memory: null } } }] },
      "spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed",
    ],
    [
      "another resource",
      { containers: [{ name: "app", resources: { requests: { "ephemeral-storage": "1Gi" } } }] },
      "spec: Forbidden: only cpu and memory resources are mutable",
    ],
    [
      "an init container that has run",
      { initContainers: [{ name: "once", resources: { requests: { cpu: "1" } } }] },
      "spec: Forbidden: resources for non-sidecar init containers are immutable",
    ],
  ])("refuses %s", async (name, spec, why) => {
    const pod = name.replaceAll(" ", "-");
    await create(pod, { resources: cpu("100m") });
    const { status, message } = await patch(pod, "resize", spec);
    expect({ status, message }).toEqual({ status: 422, message: `Pod "${pod}" is invalid: ${why}` });
  });

  test("keeps the class of service", async () => {
    await create("best-effort");
    const { status, message } = await patch("best-effort", "resize", {
      containers: [{ name: "app", resources: { requests: { cpu: "1" } } }],
    });
    expect({ status, message }).toEqual({
      status: 422,
      message:
        'Pod "best-effort" is invalid: spec: Invalid value: "BestEffort": Pod QOS Class may not change as a result of resizing',
    });
  });

  test("is the only way", async () => {
    await create("ordinary", { resources: cpu("100m") });
    const { status, message } = await patch("ordinary", "", {
      containers: [{ name: "app", resources: { requests: { cpu: "200m" } } }],
    });
    expect(status).toBe(422);
    expect(message).toMatch(/^- +"cpu": "100m",\n\+ +"cpu": "200m",$/m);
  });
});

describe("pods/ephemeralcontainers", () => {
  const debug = { name: "debug", image: "busybox", targetContainerName: "app" };

  test("adds containers, and never changes or loses one", async () => {
    await create("debugged");
    const added = await patch("debugged", "ephemeralcontainers", { ephemeralContainers: [debug] });
    expect(added).toMatchObject({
      status: 200,
      spec: {
        ephemeralContainers: [{ ...debug, imagePullPolicy: "Always", terminationMessagePolicy: "File" }],
      },
    });
    const changed = await patch("debugged", "ephemeralcontainers", {
      ephemeralContainers: [{ name: "debug", image: "alpine" }],
    });
    expect(changed.status).toBe(422);
    expect(changed.message).toContain(
      'spec.ephemeralContainers: Forbidden: existing ephemeral containers "debug" may not be changed\n',
    );
    const removed = await patch("debugged", "ephemeralcontainers", { ephemeralContainers: null });
    expect(removed.message).toBe(
      'Pod "debugged" is invalid: spec.ephemeralContainers: Forbidden: existing ephemeral containers "debug" may not be removed\n',
    );
  });

  test.each([
    ["no image", { name: "x" }, "spec.ephemeralContainers[0].image: Required value"],
    [
      "a name that is taken",
      { name: "app", image: "a" },
      'spec.ephemeralContainers[0].name: Duplicate value: "app"',
    ],
    [
      "an unknown target",
      { name: "x", image: "a", targetContainerName: "none" },
      'spec.ephemeralContainers[0].targetContainerName: Not found: "none"',
    ],
    [
      "ports",
      { name: "x", image: "a", ports: [{ containerPort: 80 }] },
      "spec.ephemeralContainers[0].ports: Forbidden: cannot be set for an Ephemeral Container",
    ],
    [
      "resources",
      { name: "x", image: "a", resources: { limits: { cpu: "1" } } },
      "spec.ephemeralContainers[0].resources: Forbidden: cannot be set for an Ephemeral Container",
    ],
  ])("refuses %s", async (name, container, why) => {
    const pod = `refuses-${name.replaceAll(" ", "-")}`;
    await create(pod);
    const { status, message } = await patch(pod, "ephemeralcontainers", { ephemeralContainers: [container] });
    expect({ status, message }).toEqual({ status: 422, message: `Pod "${pod}" is invalid: ${why}` });
  });

  test("is the only way", async () => {
    await create("plain");
    const { status, message } = await patch("plain", "", { ephemeralContainers: [debug] });
    expect(status).toBe(422);
    expect(message).toContain("pod updates may not change fields other than");
    const manifest = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "born" },
      spec: { containers: [{ name: "app", image: "a" }], ephemeralContainers: [debug] },
    };
    const { stderr } = await t.kubectl(["create", "-f", "-"], { stdin: JSON.stringify(manifest) });
    expect(stderr).toBe(
      'The Pod "born" is invalid: spec.ephemeralContainers: Forbidden: cannot be set on create\n',
    );
  });
});
