import type { KubeObject } from "@/lib/cluster/resources/kind";
import { danglingCondition } from "@/lib/cluster/resources/flowcontrol/flow-schema";
import type { Condition } from "@/lib/cluster/resources/types";
import { isConflict, isNotFound } from "@/lib/cluster/client/status";
import type { Api } from "../api";
import { collectionId } from "../store/store";
import { internalContext, type Registry } from "./registry";
import { updateObject } from "./update";

const group = "flowcontrol.apiserver.k8s.io";
const context = internalContext("api-priority-and-fairness-config-consumer-v1");
type FlowSchema = KubeObject & {
  spec: { priorityLevelConfiguration: { name: string } };
  status?: { conditions?: Condition[] };
};

/**
 * Keeps each FlowSchema's Dangling condition: whether the priority level that it names exists (apiserver 1.34
 * pkg/util/flowcontrol/apf_controller.go). Requests are not told apart by them. Gives the release.
 */
export function keepFlowSchemas(api: Api): () => void {
  const { registry } = api;
  const follow = (plural: string, see: (type: string, name: string) => void) =>
    registry.store
      .collection(collectionId(group, plural))
      .subscribe(({ type, entry }) => see(type, entry.object.metadata.name));
  const report = (names: string[]) =>
    void Promise.all(names.map((name) => reportFlowSchema(registry, name))).catch((failure: unknown) =>
      api.logger.warn({ err: failure }, "a flow schema's status could not be written"),
    );
  const releases = [
    follow("flowschemas", (type, name) => (type === "DELETED" ? undefined : report([name]))),
    follow("prioritylevelconfigurations", (type) =>
      type === "MODIFIED"
        ? undefined
        : report(registry.readAll(group, "flowschemas").map(({ metadata }) => metadata.name)),
    ),
  ];
  return () => releases.forEach((release) => release());
}

/** Writes the condition where it is not yet what it should be. */
async function reportFlowSchema(registry: Registry, name: string): Promise<void> {
  const resource = registry.resource({ group, version: "v1", plural: "flowschemas" });
  const stored = resource.collection.get(undefined, name)?.object as FlowSchema | undefined;
  if (!stored) return;
  const level = stored.spec.priorityLevelConfiguration.name;
  const exists = registry.read(group, "prioritylevelconfigurations", undefined, level) !== undefined;
  const status = exists ? "False" : "True";
  const known = stored.status?.conditions?.find(({ type }) => type === "Dangling");
  if (known?.status === status) return;
  const condition = danglingCondition(level, exists, registry.clock.now());
  try {
    await updateObject(
      registry,
      resource,
      undefined,
      name,
      (current) => ({ ...current, status: { conditions: [condition] } }),
      context,
      { subresource: "status" },
    );
  } catch (failure) {
    if (!isNotFound(failure) && !isConflict(failure)) throw failure;
  }
}
