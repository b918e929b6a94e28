import { randomBytes, randomUUID } from "node:crypto";
import type { z } from "zod";
import { AppError } from "@/lib/core/app-error";
import { parseCniFile } from "@/lib/core/cni-list";
import { podProgram, type podSandboxSpec, type PodSandboxStatus } from "@/lib/contract/labd";
import { mustExecInNode } from "../exec";
import { bindMount } from "../oci";
import { addressesOf, cniAdd, type CniAttachment } from "./cni";
import { containerOciConfig } from "./container-oci";
import { launchContainer } from "./launch-container";
import { findImage } from "../image/find-image";
import type { NodeRuntime } from "./node-runtime";
import { networkDefaults, places } from "./places";
import { podFiles } from "./pod-files";
import { stopPod } from "./stop-pod";
import type { PodRecord } from "./store";

type PodSpec = z.output<typeof podSandboxSpec>;

export const pauseImage = "registry.k8s.io/pause:3.10.1";

/**
 * Makes a pod: its network namespace in the node, the CNI attachment, and the pause container that holds the rest. All
 * or nothing. Follows containerd's RunPodSandbox, down to the texts of its errors.
 */
export async function runPod(runtime: NodeRuntime, spec: PodSpec): Promise<PodSandboxStatus> {
  const record = await runtime.store.load();
  if (Object.hasOwn(record.pods, spec.podUid))
    throw new AppError("conflict", `The node has a pod with the uid ${spec.podUid} already.`);
  const pod: PodRecord = {
    spec,
    podId: randomBytes(32).toString("hex"),
    ips: [],
    ...(spec.hostNetwork ? {} : { netns: `/var/run/netns/cni-${randomUUID()}` }),
  };
  record.pods[spec.podUid] = pod;
  await runtime.store.save();
  try {
    const node = await openNamespace(runtime, pod);
    // The pause container needs the namespace and not what the plugins make in it.
    await allSettled([
      pod.netns ? attach(runtime, pod, node.cniConfig) : Promise.resolve(),
      startPause(runtime, pod, node),
    ]);
    await runtime.store.save();
    const { podUid, name, namespace } = spec;
    return { podUid, podId: pod.podId, name, namespace, state: "ready", ips: pod.ips, pid: pod.pid };
  } catch (failure) {
    await stopPod(runtime, spec.podUid).catch((cleaning: unknown) => {
      throw new AppError("internal", `A pod could neither be made nor fully unmade.`, {
        cause: new AggregateError([failure, cleaning]),
      });
    });
    throw failure;
  }
}

/** Waits for all before it throws the first failure: what is unmade must not be in the making. */
async function allSettled(work: Promise<void>[]): Promise<void> {
  const outcomes = await Promise.allSettled(work);
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
}

/** Makes the namespace and reads what of the node goes into the pod. The first CNI file by name is the one that counts. */
async function openNamespace(
  runtime: NodeRuntime,
  pod: PodRecord,
): Promise<{ hosts: string; resolvConf: string; cniConfig: string }> {
  const name = pod.netns?.split("/").at(-1);
  const { stdout } = await mustExecInNode(runtime.control, {
    argv: [podProgram, "namespace", places.podLogs(pod.spec), ...(name ? [name] : [])],
  });
  const [hosts = "", resolvConf = "", cniConfig = ""] = stdout.toString("utf8").split("\0");
  return { hosts, resolvConf, cniConfig };
}

async function attach(runtime: NodeRuntime, pod: PodRecord, cniConfig: string): Promise<void> {
  const describe = (why: string) => `failed to setup network for sandbox "${pod.podId}": ${why}`;
  const list = parseCniFile(cniConfig);
  if (!list) throw new AppError("unavailable", describe("cni plugin not initialized"));
  pod.cni = { list };
  await runtime.store.save();
  const result = await cniAdd(list, attachmentOf(runtime, pod)).catch((failure: unknown) => {
    const error = AppError.from(failure);
    throw new AppError(error.code, describe(error.message), { cause: failure });
  });
  pod.cni.result = result;
  pod.ips = addressesOf(result);
}

export function attachmentOf(runtime: NodeRuntime, { podId, netns, spec }: PodRecord): CniAttachment {
  return {
    control: runtime.control,
    containerId: podId,
    netns: netns!,
    args: {
      IgnoreUnknown: "1",
      K8S_POD_NAMESPACE: spec.namespace,
      K8S_POD_NAME: spec.name,
      K8S_POD_INFRA_CONTAINER_ID: podId,
      K8S_POD_UID: spec.podUid,
    },
    runtimeConfig: {
      portMappings: spec.portMappings.map(({ hostPort, containerPort, protocol, hostIP }) => ({
        ...{ hostPort, containerPort, protocol, hostIP: hostIP ?? "" },
      })),
    },
  };
}

/** Starts the pause container; with `node`, its files are made first. */
export async function startPause(
  runtime: NodeRuntime,
  pod: PodRecord,
  node?: { hosts: string; resolvConf: string },
): Promise<void> {
  const { image } = findImage(runtime.images, pauseImage);
  const bundle = places.bundle(pod.podId);
  const namespaces = [
    ...(pod.spec.hostPid ? [] : [{ type: "pid" }]),
    { type: "mount" },
    ...(pod.spec.hostIpc ? [] : [{ type: "ipc" }]),
    ...(pod.netns ? [{ type: "uts" }, { type: "network", path: pod.netns }] : []),
  ];
  const reply = await launchContainer(runtime, {
    id: pod.podId,
    imageRoot: places.imageRoot(image),
    config: containerOciConfig({
      rootPath: `${bundle}/rootfs`,
      args: image.entrypoint,
      env: Object.entries(image.env).map(([key, value]) => `${key}=${value}`),
      cwd: "/",
      user: image.user,
      terminal: false,
      privileged: false,
      capabilities: { add: [], drop: [] },
      readOnlyRoot: true,
      mounts: [bindMount(`${places.podFiles(pod.podId)}/resolv.conf`, "/etc/resolv.conf", ["ro"])],
      ...(pod.netns ? { hostname: pod.spec.hostname } : {}),
      namespaces,
      sysctls: { ...(pod.netns ? networkDefaults : {}), ...pod.spec.sysctls },
    }),
    files: node ? podFiles(pod, node) : [],
    folders: [],
    logPath: "/dev/null",
    terminal: false,
    stdin: false,
  });
  pod.pid = reply.number("pid");
}
