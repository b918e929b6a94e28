import { describe, expect, it } from "vitest";
import { AppError } from "@/lib/core/app-error";
import type { LabdRpc } from "@/lib/contract/labd";
import type { RpcClient } from "@/lib/rpc/client";
import type { ClusterClient, ResourceRef } from "@/lib/cluster/client/client";
import { forbidden, noSuchResource, notFound } from "@/lib/cluster/client/status";
import { createCheckProbe } from "./check-run";

const pods: ResourceRef = { group: "", version: "v1", plural: "pods" };
const pod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web", namespace: "shop" },
  spec: { nodeName: "node01", containers: [{ name: "app" }, { name: "side" }] },
  status: {
    podIP: "10.244.1.7",
    containerStatuses: [
      { name: "app", containerID: "containerd://c-app", state: { running: {} } },
      { name: "side", containerID: "containerd://c-side", state: { terminated: {} } },
    ],
  },
};
const client = {
  get: (resource: ResourceRef, namespace: string | undefined, name: string) =>
    resource.plural === "secrets"
      ? Promise.reject(forbidden(resource, name, "no"))
      : name === "web" && namespace === "shop"
        ? Promise.resolve(pod)
        : Promise.reject(notFound(resource, name)),
  list: (resource: ResourceRef) =>
    resource.plural === "pods" ? Promise.resolve({ items: [pod] }) : Promise.reject(noSuchResource()),
} as unknown as ClusterClient;

/** A labd with the node node01, which holds one file. */
function fakeLabd() {
  const calls: { method: string; input: Record<string, unknown> }[] = [];
  const labd = {
    call(method: string, input: Record<string, unknown>) {
      calls.push({ method, input });
      if (input.node !== "node01") return Promise.reject(new AppError("not-found", "no such node"));
      if (method === "node.readFile")
        return input.path === "/etc/hosts"
          ? Promise.resolve({ content: Buffer.from("ü").toString("base64"), mode: 0o600, sizeBytes: 2 })
          : Promise.reject(new AppError("not-found", "no such file"));
      return Promise.resolve({
        exitCode: 3,
        stdout: "out",
        stderr: "",
        truncated: false,
        timedOut: false,
        durationMs: 9,
      });
    },
  } as unknown as RpcClient<LabdRpc>;
  return { labd, calls };
}
const command = { argv: ["ls"], stdin: "in", timeoutMs: 1000, outputBytesMax: 10 };

const other = { get: () => Promise.resolve("of the other cluster") } as unknown as ClusterClient;
const lab = {
  ...{ labId: "lab", client },
  clients: new Map([
    ["kubernetes", client],
    ["other", other],
  ]),
};

describe("the probe of a running lab", () => {
  it("asks the cluster that is named, and says which ones there are", async () => {
    const probe = createCheckProbe({ ...lab, labd: fakeLabd().labd });
    expect(await probe.get(pods, "shop", "web", "kubernetes")).toBe(pod);
    expect(await probe.get(pods, "shop", "web", "other")).toBe("of the other cluster");
    await expect(probe.get(pods, "shop", "web", "third")).rejects.toThrow(
      "This lab has no cluster third: it has kubernetes, other.",
    );
  });

  it("reads objects, and what is absent or not served is nothing", async () => {
    const probe = createCheckProbe({ ...lab, labd: fakeLabd().labd });
    expect(await probe.get(pods, "shop", "web")).toBe(pod);
    expect(await probe.get(pods, "shop", "other")).toBeUndefined();
    expect(await probe.list(pods, {})).toEqual([pod]);
    expect(
      await probe.list({ group: "gateway.networking.k8s.io", version: "v1", plural: "gateways" }, {}),
    ).toEqual([]);
    await expect(probe.get({ ...pods, plural: "secrets" }, "shop", "s")).rejects.toMatchObject({
      code: "internal",
    });
  });

  it("runs commands in nodes and in running containers", async () => {
    const { labd, calls } = fakeLabd();
    const probe = createCheckProbe({ ...lab, labd });
    expect(await probe.exec({ node: "node01" }, command)).toEqual({
      exitCode: 3,
      stdout: "out",
      stderr: "",
      truncated: false,
      timedOut: false,
    });
    await probe.exec({ namespace: "shop", pod: "web" }, command);
    expect(calls.map(({ method, input }) => [method, input.node, input.containerId])).toEqual([
      ["node.exec", "node01", undefined],
      ["container.exec", "node01", "c-app"],
    ]);
    expect(calls[0]!.input.stdin).toBe(Buffer.from("in").toString("base64"));
    for (const place of [
      { namespace: "shop", pod: "web", container: "side" },
      { namespace: "shop", pod: "web", container: "none" },
      { namespace: "shop", pod: "gone" },
      { node: "node09" },
    ])
      await expect(probe.exec(place, command)).rejects.toMatchObject({ code: "not-found" });
  });

  it("runs programs of the node in the network of a pod, with the pod's resolver", async () => {
    const { labd, calls } = fakeLabd();
    await createCheckProbe({ ...lab, labd }).execInPodNetwork({ namespace: "shop", pod: "web" }, command);
    expect(calls.map(({ method }) => method)).toEqual(["container.exec", "node.exec"]);
    expect((calls[1]!.input.argv as string[]).slice(4)).toEqual(["10.244.1.7", "out", "ls"]);
  });

  it("tells a missing file from a missing node", async () => {
    const probe = createCheckProbe({ ...lab, labd: fakeLabd().labd });
    expect(await probe.readFile("node01", "/etc/hosts", 100)).toEqual({
      text: "ü",
      mode: 0o600,
      sizeBytes: 2,
    });
    expect(await probe.readFile("node01", "/none", 100)).toBeUndefined();
    await expect(probe.readFile("node09", "/etc/hosts", 100)).rejects.toMatchObject({ code: "not-found" });
  });
});
