import type { z } from "zod";
import type { RpcClient } from "@/lib/rpc/client";
import { AppError } from "@/lib/core/app-error";
import type { CheckResult } from "@/lib/contract/check";
import type { clusterdRpc } from "@/lib/contract/clusterd";
import type { LabdRpc } from "@/lib/contract/labd";
import type { ClusterClient } from "@/lib/cluster/client/client";
import { ApiStatusError, isNotFound } from "@/lib/cluster/client/status";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { CheckProbe, ExecValue, PodRef, ProbeCommand } from "@/lib/checker/check-probe";
import { runChecks as runInSandbox, type RunOptions } from "@/lib/checker/host/run-checks";
import { CheckGate } from "./check-run-gate";
import { inPodNetwork, noNetworkExitCode } from "./check-run-pod-network";

type CheckInput = z.output<(typeof clusterdRpc)["methods"]["check.run"]["input"]>;

/** The lab that checks look at. */
export interface CheckedLab {
  labId: string;
  /** As the cluster's admin, past anything that a student did to kubectl or the API server's port. */
  client: ClusterClient;
  /** Of every cluster of the lab, by name. */
  clients: ReadonlyMap<string, ClusterClient>;
  labd: RpcClient<LabdRpc>;
}

/** One for the process: all labs of a shard share its cores and memory. */
const gate = new CheckGate();

/** `check.run` of the clusterd contract for a lab of this shard. Throws only `exhausted`. */
export function runChecks(
  lab: CheckedLab,
  { source, parameters, questions, deadlineMs }: CheckInput,
  options: RunOptions = {},
): Promise<{ results: CheckResult[] }> {
  return gate.run(lab.labId, async () => ({
    results: await runInSandbox(
      { source, parameters, questions, deadlineMs },
      createCheckProbe(lab),
      options,
    ),
  }));
}

export function createCheckProbe({ labId, client: first, clients, labd }: CheckedLab): CheckProbe {
  const clientOf = (cluster: string | undefined) => {
    const found = cluster === undefined ? first : clients.get(cluster);
    if (!found)
      throw new AppError(
        "invalid",
        `This lab has no cluster ${cluster}: it has ${[...clients.keys()].join(", ")}.`,
      );
    return found;
  };
  return {
    async get(resource, namespace, name, cluster) {
      const client = clientOf(cluster);
      try {
        return await client.get(resource, namespace, name);
      } catch (failure) {
        if (isNotFound(failure)) return undefined;
        throw explain(failure);
      }
    },

    async list(resource, { cluster, ...filter }) {
      const client = clientOf(cluster);
      try {
        return (await client.list(resource, filter)).items;
      } catch (failure) {
        // A kind that is not served (a CRD that is to be installed) has no objects.
        if (isNotFound(failure)) return [];
        throw explain(failure);
      }
    },

    async exec(place, probeCommand) {
      const command = toCommand(probeCommand);
      const patience = { timeoutMs: probeCommand.timeoutMs + 5000 };
      if ("node" in place)
        return labd
          .call("node.exec", { sandboxId: labId, node: place.node, ...command }, patience)
          .then(toExecValue);
      const { node, containerId } = await findContainer(clientOf(place.cluster), place);
      return labd
        .call("container.exec", { sandboxId: labId, node, containerId, ...command }, patience)
        .then(toExecValue);
    },

    async execInPodNetwork(place, probeCommand) {
      const { node, containerId, podIp, isHostNetwork } = await findContainer(clientOf(place.cluster), place);
      const onNode = { sandboxId: labId, node };
      const patience = { timeoutMs: probeCommand.timeoutMs + 5000 };
      if (isHostNetwork)
        return labd.call("node.exec", { ...onNode, ...toCommand(probeCommand) }, patience).then(toExecValue);
      const resolver = await labd.call("container.exec", {
        ...onNode,
        containerId,
        argv: ["cat", "/etc/resolv.conf"],
      });
      const argv = inPodNetwork(podIp, resolver.stdout, probeCommand.argv);
      const result = await labd.call(
        "node.exec",
        { ...onNode, ...toCommand({ ...probeCommand, argv }) },
        patience,
      );
      if (result.exitCode === noNetworkExitCode)
        throw new AppError("not-found", `The pod ${place.namespace}/${place.pod} has no network on ${node}.`);
      return toExecValue(result);
    },

    async readFile(node, path, bytesMax) {
      try {
        const { content, mode, sizeBytes } = await labd.call("node.readFile", {
          sandboxId: labId,
          node,
          path,
          bytesMax,
        });
        return { text: Buffer.from(content, "base64").toString("utf8"), mode, sizeBytes };
      } catch (failure) {
        if (failure instanceof AppError && failure.code === "not-found") {
          // The file or the node? Only the latter is worth an error.
          await labd.call("node.exec", { sandboxId: labId, node, argv: ["true"] });
          return undefined;
        }
        throw failure;
      }
    },
  };
}

/** What root has in a login shell, so that checks find what a student finds. */
const commandEnvironment = {
  HOME: "/root",
  LANG: "C.UTF-8",
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
};

function toCommand({ argv, stdin, timeoutMs, outputBytesMax }: ProbeCommand) {
  return {
    argv,
    stdin: Buffer.from(stdin).toString("base64"),
    env: commandEnvironment,
    timeoutMs,
    outputBytesMax,
  };
}

function toExecValue({ exitCode, stdout, stderr, truncated, timedOut }: ExecValue): ExecValue {
  return { exitCode, stdout, stderr, truncated, timedOut };
}

interface PodObject extends KubeObject {
  spec: { nodeName?: string; hostNetwork?: boolean; containers: { name: string }[] };
  status?: {
    podIP?: string;
    containerStatuses?: { name: string; containerID?: string; state?: { running?: unknown } }[];
  };
}

async function findContainer(
  client: ClusterClient,
  { namespace, pod, container }: PodRef,
): Promise<{ node: string; containerId: string; podIp: string; isHostNetwork: boolean }> {
  const pods = { group: "", version: "v1", plural: "pods" };
  const where = `${namespace}/${pod}`;
  let object: PodObject;
  try {
    object = await client.get<PodObject>(pods, namespace, pod);
  } catch (failure) {
    if (isNotFound(failure)) throw new AppError("not-found", `There is no pod ${where}.`);
    throw explain(failure);
  }
  const name = container ?? object.spec.containers[0]?.name;
  const status = object.status?.containerStatuses?.find((other) => other.name === name);
  const containerId = status?.state?.running ? status.containerID?.replace(/^[a-z-]+:\/\//, "") : undefined;
  if (!object.spec.nodeName || !containerId)
    throw new AppError("not-found", `The container ${name} of the pod ${where} does not run.`);
  return {
    node: object.spec.nodeName,
    containerId,
    podIp: object.status?.podIP ?? "",
    isHostNetwork: object.spec.hostNetwork === true,
  };
}

function explain(failure: unknown): AppError {
  return failure instanceof ApiStatusError
    ? new AppError("internal", `The cluster answered ${failure.code}: ${failure.message}`, { cause: failure })
    : AppError.from(failure);
}
