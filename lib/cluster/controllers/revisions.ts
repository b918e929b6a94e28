import { refs } from "@/lib/cluster/client/refs";
import { isAlreadyExists, isNotFound } from "@/lib/cluster/client/status";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { ControllerRevision, PodTemplateSpec } from "@/lib/cluster/resources/types";
import type { ControllerContext } from "./controller";
import { canonical, controllerRef, isControlledBy, templateHash } from "./pods";

/** The history of a StatefulSet or DaemonSet: one ControllerRevision a pod template (kubernetes 1.34 pkg/controller/history). */

interface Owner extends KubeObject {
  spec: {
    template: PodTemplateSpec;
    selector: { matchLabels?: Record<string, string> };
    revisionHistoryLimit?: number;
  };
  status?: { collisionCount?: number };
}

export function templateOf({ data }: ControllerRevision): PodTemplateSpec {
  const { $patch: _, ...template } = (data as { spec: { template: PodTemplateSpec & { $patch?: string } } })
    .spec.template;
  return template;
}

export function historyOf({ informers }: ControllerContext, owner: KubeObject): ControllerRevision[] {
  return informers.controllerRevisions
    .list(owner.metadata.namespace)
    .filter((one) => isControlledBy(one, owner))
    .sort((a, b) => a.revision - b.revision);
}

/**
 * The revision of the present template, made when it is new and moved to the end when an older one has come back.
 * `annotations` are the revision's own ones; the owner's (such as kubernetes.io/change-cause) go along.
 */
export async function keepRevision(
  context: ControllerContext,
  owner: Owner,
  annotations: Record<string, string> = {},
): Promise<ControllerRevision> {
  const { client, informers } = context;
  const { template } = owner.spec;
  const history = historyOf(context, owner);
  const last = history.at(-1);
  const same = history.findLast((one) => canonical(templateOf(one)) === canonical(template));
  const next = (last?.revision ?? 0) + 1;
  if (same && same === last) return same;
  if (same) {
    const moved = await client.update<ControllerRevision>(refs.controllerRevisions, {
      ...same,
      revision: next,
    });
    await informers.controllerRevisions.reached(moved);
    return moved;
  }
  const hash = templateHash(template, owner.status?.collisionCount);
  const { "kubectl.kubernetes.io/last-applied-configuration": _, ...inherited } =
    owner.metadata.annotations ?? {};
  try {
    const created = await client.create<ControllerRevision>(refs.controllerRevisions, {
      apiVersion: "apps/v1",
      kind: "ControllerRevision",
      metadata: {
        name: `${owner.metadata.name}-${hash}`,
        namespace: owner.metadata.namespace,
        labels: { ...template.metadata?.labels, "controller-revision-hash": hash },
        annotations: { ...inherited, ...annotations },
        ownerReferences: [controllerRef(owner)],
      },
      data: { spec: { template: { ...template, $patch: "replace" } } },
      revision: next,
    });
    await informers.controllerRevisions.reached(created);
    return created;
  } catch (failure) {
    if (!isAlreadyExists(failure)) throw failure;
    const other = await client.get<ControllerRevision>(
      refs.controllerRevisions,
      owner.metadata.namespace,
      `${owner.metadata.name}-${hash}`,
    );
    if (isControlledBy(other, owner)) return other;
    throw failure;
  }
}

/** Revisions that nothing uses, past revisionHistoryLimit, the oldest first, are deleted. */
export async function trimHistory(
  context: ControllerContext,
  owner: Owner,
  usedNames: Set<string>,
): Promise<void> {
  const unused = historyOf(context, owner).filter(({ metadata }) => !usedNames.has(metadata.name));
  const surplus = unused.length - (owner.spec.revisionHistoryLimit ?? 10);
  for (const { metadata } of unused.slice(0, Math.max(0, surplus)))
    await context.client
      .delete(refs.controllerRevisions, metadata.namespace, metadata.name)
      .catch((failure: unknown) => {
        if (!isNotFound(failure)) throw failure;
      });
}
