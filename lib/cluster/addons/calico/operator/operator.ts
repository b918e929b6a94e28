import { isDeepStrictEqual } from "node:util";
import type { ClusterClient, ResourceRef } from "@/lib/cluster/client/client";
import { refOf } from "@/lib/cluster/client/create-objects";
import { Informer } from "@/lib/cluster/client/informers";
import { isAlreadyExists } from "@/lib/cluster/client/status";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { AddonContext } from "@/lib/cluster/addons/addon";
import type { AgentSession } from "@/lib/cluster/addons/agents/agent-session";
import { watchLoop } from "@/lib/cluster/addons/agents/watch-loop";
import { operatorCrds } from "./crds";
import { completed, objectsOf, operatorGroup, systemNamespace, type InstallationSpec } from "./installation";
import { calicoRelease } from "./releases";

interface Installation extends KubeObject {
  spec?: unknown;
}
interface Conditions extends KubeObject {
  status?: { conditions?: { type: string; status: string; lastTransitionTime: string }[] };
}

const own = (plural: string): ResourceRef => ({ group: operatorGroup, version: "v1", plural });
const definitions = operatorCrds();

/**
 * quay.io/tigera/operator: Calico in the namespace calico-system for the Installation "default", with what it leaves open filled in,
 * and a TigeraStatus that says how it goes.
 */
export async function tigeraOperator(session: AgentSession, context: AddonContext): Promise<number | void> {
  const { client, pod } = session.identity;
  const log = (level: "info" | "error", logger: string, msg: string) =>
    session.print(JSON.stringify({ level, ts: new Date(context.clock.now()).toISOString(), logger, msg }));
  if (!client) return session.fail(1, "unable to load in-cluster configuration: no ServiceAccount token");
  const version = calicoRelease(/:(v[\d.]+)/.exec(pod?.spec.containers[0]?.image ?? "")?.[1] ?? "");
  log("info", "cmd", `Version: ${session.env.TIGERA_OPERATOR_INIT_IMAGE_VERSION ?? ""}`);
  if (session.flag("manage-crds") === "true") for (const crd of definitions) await ensure(client, crd);
  log("info", "setup", "starting manager");
  const installations = new Informer<Installation>(client, own("installations"), session.signal);
  // It goes on trying: the definition may come later.
  void installations.start().catch(() => undefined);
  let said = "";
  await watchLoop(
    session,
    context,
    [
      (trigger) => installations.onChange(trigger),
      (trigger) => context.informers.daemonSets.onChange(trigger),
      (trigger) => context.informers.deployments.onChange(trigger),
    ],
    async () => {
      const installation = installations.get(undefined, "default");
      if (!installation || installation.metadata.deletionTimestamp) return;
      let spec: InstallationSpec;
      try {
        spec = completed(installation.spec, context.cluster.podCidr);
      } catch (failure) {
        const { message } = failure as Error;
        if (said !== message) log("error", "controller_installation", message);
        said = message;
        return report(client, context, "calico", "Degraded", message);
      }
      if (!isDeepStrictEqual(spec, installation.spec))
        await client.patch(own("installations"), undefined, "default", "application/merge-patch+json", {
          spec,
        });
      const uid = installation.metadata.uid!;
      const owner = { apiVersion: `${operatorGroup}/v1`, kind: "Installation", name: "default", uid };
      for (const object of objectsOf(spec, version))
        await ensure(client, {
          ...object,
          metadata: {
            ...object.metadata,
            ownerReferences: [{ ...owner, controller: true, blockOwnerDeletion: true }],
          },
        });
      await report(client, context, "ippools", "Available", "All objects available");
      const waiting = unready(context);
      await report(
        client,
        context,
        "calico",
        waiting === undefined ? "Available" : "Progressing",
        waiting ?? "All objects available",
      );
      const status = { variant: spec.variant, calicoVersion: version, computed: spec };
      if (!isDeepStrictEqual(status, installation.status))
        await client.patch(
          own("installations"),
          undefined,
          "default",
          "application/merge-patch+json",
          { status },
          { subresource: "status" },
        );
    },
  );
}

function unready({ informers }: AddonContext): string | undefined {
  const node = informers.daemonSets.get(systemNamespace, "calico-node")?.status;
  const wanted = node?.desiredNumberScheduled ?? 0;
  if (wanted === 0 || node?.numberReady !== wanted)
    return `DaemonSet "calico-system/calico-node" is not available (awaiting ${wanted - (node?.numberReady ?? 0)} nodes)`;
  const controllers = informers.deployments.get(systemNamespace, "calico-kube-controllers")?.status;
  if ((controllers?.availableReplicas ?? 0) < 1)
    return `Deployment "calico-system/calico-kube-controllers" is not available (awaiting 1 replicas)`;
  return undefined;
}

async function report(
  client: ClusterClient,
  { clock }: AddonContext,
  name: string,
  state: "Available" | "Progressing" | "Degraded",
  message: string,
): Promise<void> {
  const object = { apiVersion: `${operatorGroup}/v1`, kind: "TigeraStatus", metadata: { name }, spec: {} };
  await ensure(client, object);
  const present = await client.get<Conditions>(own("tigerastatuses"), undefined, name);
  const old = present.status?.conditions ?? [];
  const now = new Date(clock.now()).toISOString().replace(/\.\d+Z$/, "Z");
  const conditions = ["Available", "Progressing", "Degraded"].map((type) => {
    const status = type === state ? "True" : "False";
    const before = old.find((one) => one.type === type && one.status === status);
    return {
      ...{ type, status, lastTransitionTime: before?.lastTransitionTime ?? now },
      ...{ reason: state === "Available" ? "AllObjectsAvailable" : "ResourceNotReady" },
      message: type === state ? message : "Not Applicable",
    };
  });
  if (isDeepStrictEqual(conditions, old)) return;
  await client.patch(
    own("tigerastatuses"),
    undefined,
    name,
    "application/merge-patch+json",
    { status: { conditions } },
    { subresource: "status" },
  );
}

/** Makes it when it is not there; what is there stays. */
async function ensure(client: ClusterClient, object: KubeObject): Promise<void> {
  await client.create(refOf(object, definitions), object).catch((failure: unknown) => {
    if (!isAlreadyExists(failure)) throw failure;
  });
}
