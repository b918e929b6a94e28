import type { Container, Pod } from "@/lib/cluster/resources/types";
import { environmentOf, MissingReferenceError } from "./environment";
import { runHook } from "./lifecycle-hooks";
import { podIpOf, putInstance, referencesOf, tell, type NodeContext } from "./node-context";
import { ImageError, pullImage } from "./pull-image";
import { containerRequestOf } from "./requests";
import { mountsOf } from "./volumes/container-mounts";
import { VolumeError } from "./volumes/plan-volumes";

const pullDelays = { firstMs: 10_000, maxMs: 300_000 };
const configDelays = { firstMs: 2000, maxMs: 10_000 };
const hookTimeoutMs = 120_000;

/**
 * Pulls, creates and starts one container of a pod and runs its postStart hook (kubernetes 1.34 pkg/kubelet/kuberuntime:
 * startContainer). What goes wrong becomes events and a problem of the container; nothing is thrown for it.
 */
export async function startContainer(
  context: NodeContext,
  uid: string,
  pod: Pod,
  about: Pod,
  { container, attempt }: { container: Container; attempt: number },
): Promise<void> {
  const { runtime, clock, problems } = context;
  const { name } = container;
  const say = (type: "Normal" | "Warning", reason: string, message: string) =>
    tell(context, about, type, reason, message, name);

  let image;
  try {
    image = await pullImage(container, { runtime, clock, say });
  } catch (failure) {
    if (!(failure instanceof ImageError)) throw failure;
    say("Warning", "Failed", `Error: ${failure.reason}`);
    if (failure.reason === "ErrImagePull")
      problems.addPull(uid, name, container.image ?? "", failure.message, pullDelays);
    else problems.add(uid, name, failure.reason, failure.message, pullDelays);
    return;
  }

  let started;
  try {
    const references = referencesOf(context, pod, uid);
    const volumes = await context.volumes.mount(uid, pod, references);
    const env = environmentOf(pod, container, references);
    const values = new Map(env.map((variable) => [variable.name, variable.value]));
    const { mounts, steps } = mountsOf(container, volumes.sources, values);
    const volumeSteps = [...volumes.steps, ...steps];
    const request = containerRequestOf(pod, container, attempt, {
      ...{ uid, mounts, volumeSteps, env, imageUid: image.uid },
    });
    if (steps.length > 0) await runtime.makeVolumes(steps, []);
    started = await runtime.startContainer(request);
  } catch (failure) {
    const why = (failure as Error).message;
    const isConfig = failure instanceof MissingReferenceError || failure instanceof VolumeError;
    say("Warning", "Failed", `Error: ${why}`);
    if (isConfig) problems.add(uid, name, "CreateContainerConfigError", why, configDelays);
    else problems.add(uid, name, "CreateContainerError", why, pullDelays);
    return;
  }
  putInstance(context, uid, started);
  say("Normal", "Created", `Created container: ${name}`);
  if (started.state === "exited" && started.reason === "StartError") {
    say("Warning", "Failed", `Error: ${started.message}`);
    problems.add(uid, name, "RunContainerError", started.message ?? "", { firstMs: 1000, maxMs: 1000 });
    return;
  }
  problems.clear(uid, name);
  say("Normal", "Started", `Started container ${name}`);

  const hook = container.lifecycle?.postStart;
  if (!hook) return;
  const podIp = podIpOf(context, pod, uid) ?? "";
  const { containerId } = started;
  const target = { runtime, pod, container, containerId, podIp };
  const failed = await runHook(hook, target, hookTimeoutMs, clock, context.signal);
  if (failed !== undefined) {
    say("Warning", "FailedPostStartHook", "PostStartHook failed");
    say("Normal", "Killing", "FailedPostStartHook");
    putInstance(context, uid, await runtime.stopContainer(containerId, graceSecondsOf(pod) * 1000));
    problems.add(uid, name, "PostStartHookError", failed, { firstMs: 1000, maxMs: 1000 });
  }
}

function graceSecondsOf(pod: Pod): number {
  return pod.spec.terminationGracePeriodSeconds ?? 30;
}
