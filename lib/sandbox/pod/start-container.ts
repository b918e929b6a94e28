import { randomBytes } from "node:crypto";
import { posix } from "node:path";
import type { z } from "zod";
import { AppError } from "@/lib/core/app-error";
import {
  authoritiesLayer,
  podSandboxSpec,
  type containerSpec,
  type ContainerStatus,
} from "@/lib/contract/labd";
import { bindMount } from "../oci";
import type { Image } from "../image/ensure-images";
import { containerOciConfig } from "./container-oci";
import { containerStatusOf } from "./list-pods";
import { launchContainer, releaseContainer, removeContainers } from "./launch-container";
import { findImage } from "../image/find-image";
import { findPod, monitored, type NodeRuntime } from "./node-runtime";
import { networkDefaults, places } from "./places";
import { addressFiles } from "./pod-files";
import { messageFile } from "./termination-message";
import type { ContainerRecord, PodRecord } from "./store";

type Spec = z.output<typeof containerSpec>;

/**
 * Creates and starts a container in its pod's namespaces, or one of its own. Throws `not-found` for an unknown pod or image. One whose
 * program cannot be started has exited with 128, reason "StartError" and what containerd says.
 */
export async function startContainer(runtime: NodeRuntime, spec: Spec): Promise<ContainerStatus> {
  await runtime.store.returning.settled(spec.podUid);
  const pod = spec.standalone ? standalonePod(spec) : await findPod(runtime, spec.podUid);
  if (pod.pid === undefined && !spec.standalone)
    throw new AppError("conflict", `The pod ${spec.podUid} is not ready.`);
  const { image, name: imageName } = findImage(runtime.images, spec.image);
  const args = commandOf(spec, image);
  if (args.length === 0) throw new AppError("invalid", "no command specified");
  const containerId = spec.standalone?.containerId ?? randomBytes(32).toString("hex");
  const logPath = spec.standalone?.logPath ?? `${places.podLogs(pod.spec)}/${spec.name}/${spec.attempt}.log`;
  const container: ContainerRecord = {
    spec,
    containerId,
    imageName,
    imageId: image.imageId,
    logPath,
    started: false,
    process: {
      env: environmentOf(spec, image, pod, runtime.nodeName),
      cwd: spec.workingDir || image.workingDir,
      user: userOf(spec, image),
    },
  };
  const { containers } = await runtime.store.load();
  const isKnown = Object.hasOwn(containers, containerId);
  if (isKnown && (await monitored(runtime)).get(containerId)?.state === "running")
    throw new AppError("conflict", `The container ${containerId} runs already.`);
  if (isKnown) await releaseContainer(runtime, containerId);
  containers[containerId] = container;
  await runtime.store.save();
  try {
    await launchRecorded(runtime, pod, container, { image, args });
    container.started = true;
    await runtime.store.save();
    return await containerStatusOf(runtime, container, (await monitored(runtime)).get(containerId));
  } catch (failure) {
    await (spec.standalone
      ? releaseContainer(runtime, containerId)
      : removeContainers(runtime, [containerId]));
    const { message, details } = AppError.from(failure);
    if (details?.reason === "StartError") {
      // It exists and has ended at once, as containerd has it.
      const finishedAtMs = runtime.clock.now();
      container.ended = { exitCode: 128, reason: "StartError", message, startedAtMs: 0, finishedAtMs };
      await runtime.store.save();
      return containerStatusOf(runtime, container, undefined);
    }
    delete containers[containerId];
    await runtime.store.save();
    throw failure;
  }
}

/** What a container of its own has where others have their pod. */
function standalonePod({ podUid, standalone }: Spec): PodRecord {
  const { hostname, netns, containerId } = standalone!;
  const spec = podSandboxSpec.parse({
    ...{ podUid, name: hostname, namespace: "", hostname },
    hostNetwork: netns === undefined,
  });
  return { spec, podId: containerId, ips: [], ...(netns === undefined ? {} : { netns }) };
}

/** Starts what a container's record says, over what its root may hold already (a lab that was frozen). */
export async function launchRecorded(
  runtime: NodeRuntime,
  pod: PodRecord,
  container: ContainerRecord,
  { image, args }: { image: Image; args: string[] },
): Promise<void> {
  const { spec, containerId, logPath } = container;
  const { containers } = await runtime.store.load();
  const known = spec.processesOf === undefined ? undefined : await monitored(runtime);
  const target = Object.values(containers).find(
    (other) =>
      other.spec.podUid === spec.podUid &&
      other.spec.name === spec.processesOf &&
      known?.get(other.containerId)?.state === "running",
  );
  const processesOf = target && known?.get(target.containerId)?.pid;
  const reply = await launchContainer(runtime, {
    id: containerId,
    imageRoot: places.imageRoot(image),
    config: ociConfigOf(container, pod, image, args, processesOf),
    files: [
      ...(spec.standalone ? [] : addressFiles(pod)),
      ...(spec.terminationMessagePath
        ? [{ path: messageFile(container), content: Buffer.alloc(0), mode: 0o666 }]
        : []),
    ],
    folders: [posix.dirname(logPath), ...(image.authorities ? [authoritiesLayer] : [])],
    logPath,
    ...(spec.standalone ? {} : { logLink: places.logLink(pod.spec, spec.name, containerId) }),
    terminal: spec.tty,
    stdin: spec.stdin,
    keepOutput: spec.stdinOnce,
  });
  const { memoryBytes, cpuMillis } = spec;
  if (memoryBytes || cpuMillis)
    await runtime.limits.apply(containerId, reply.number("pid"), { memoryBytes, cpuMillis });
}

/** A pod's command takes the place of the image's entrypoint and cmd; its args alone take the place of cmd. */
export function commandOf(
  spec: Pick<Spec, "command" | "args">,
  image: Pick<Image, "entrypoint" | "cmd">,
): string[] {
  if (spec.command.length > 0) return [...spec.command, ...spec.args];
  return [...image.entrypoint, ...(spec.args.length > 0 ? spec.args : image.cmd)];
}

function environmentOf(spec: Spec, image: Image, pod: PodRecord, nodeName: string): string[] {
  const values: Record<string, string> = {
    PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    HOSTNAME: pod.spec.hostNetwork ? nodeName : pod.spec.hostname,
    ...image.env,
  };
  for (const { name, value } of spec.env) values[name] = value;
  if (userOf(spec, image).uid === 0) values.HOME ??= "/root";
  if (spec.tty) values.TERM ??= "xterm";
  return Object.entries(values).map(([key, value]) => `${key}=${value}`);
}

function userOf(spec: Spec, image: Image): { uid: number; gid: number } {
  // Who is given by number and without a group is in group 0, as containerd has it for a user that the image does not know.
  const gid = spec.user?.uid === undefined ? image.user.gid : 0;
  return { uid: spec.user?.uid ?? image.user.uid, gid: spec.user?.gid ?? gid };
}

/** `processesOf`: the node's pid of the container whose processes it shares. */
function ociConfigOf(
  container: ContainerRecord,
  pod: PodRecord,
  image: Image,
  args: string[],
  processesOf: number | undefined,
): unknown {
  const { spec, containerId, process } = container;
  const of = (type: string) => ({ type, path: `/proc/${pod.pid}/ns/${type}` });
  const file = (name: string) => `${places.podFiles(pod.podId)}/${name}`;
  // Binds of a root that is private would be so as well.
  const propagation = (["shared", "slave"] as const).find((kind) =>
    spec.mounts.some((mount) => mount.propagation === kind),
  );
  const taken = new Set(spec.mounts.map(({ target }) => target));
  const files = [
    ...(spec.standalone
      ? []
      : [
          bindMount(file("hosts"), "/etc/hosts", ["rw"]),
          bindMount(file("resolv.conf"), "/etc/resolv.conf", ["rw"]),
          bindMount(file("hostname"), "/etc/hostname", ["rw"]),
        ]),
    ...(spec.terminationMessagePath
      ? [bindMount(messageFile(container), spec.terminationMessagePath, ["rw"])]
      : []),
  ].filter(({ destination }) => !taken.has(destination));
  const processes =
    processesOf !== undefined
      ? [{ type: "pid", path: `/proc/${processesOf}/ns/pid` }]
      : pod.spec.hostPid
        ? []
        : [pod.spec.shareProcessNamespace ? of("pid") : { type: "pid" }];
  return containerOciConfig({
    rootPath: `${places.bundle(containerId)}/rootfs`,
    args,
    env: process.env,
    cwd: process.cwd,
    user: process.user,
    additionalGids: spec.additionalGids,
    noNewPrivileges: spec.noNewPrivileges,
    terminal: spec.tty,
    privileged: spec.privileged,
    capabilities: spec.capabilities,
    readOnlyRoot: spec.readOnlyRootFilesystem,
    mounts: [
      ...files,
      ...(image.component ? [bindMount("/run/examctl", "/run/examctl", ["rbind", "ro"])] : []),
      ...spec.mounts.map(({ source, target, readOnly, propagation = "private" }) =>
        bindMount(source, target, ["rbind", `r${propagation}`, readOnly ? "ro" : "rw"]),
      ),
    ],
    ...(propagation ? { rootPropagation: propagation } : {}),
    ...(spec.standalone
      ? { hostname: spec.standalone.hostname, ...(pod.netns ? { sysctls: networkDefaults } : {}) }
      : {}),
    namespaces: spec.standalone
      ? [
          ...["pid", "mount", "ipc", "uts"].map((type) => ({ type })),
          ...(pod.netns ? [{ type: "network", path: pod.netns }] : []),
        ]
      : [
          ...processes,
          { type: "mount" },
          ...(pod.spec.hostIpc ? [] : [of("ipc")]),
          ...(pod.netns ? [of("uts"), { type: "network", path: pod.netns }] : []),
        ],
  });
}
