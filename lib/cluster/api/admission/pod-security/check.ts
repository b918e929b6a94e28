import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { Container, PodSpec } from "@/lib/cluster/resources/types";

/** A pod or a pod template: what the checks look at. */
export interface PodLike {
  metadata?: { annotations?: Record<string, string> };
  spec: PodSpec;
}

export interface Violation {
  reason: string;
  detail: string;
}

/** One rule of the Pod Security Standards; undefined where the pod keeps it. */
export type Check = (pod: PodLike, minor: number) => Violation | undefined;

type SecurityContext = Record<string, unknown>;

/** Init containers first, as upstream visits them. */
export function containersOf({ spec }: PodLike): Container[] {
  const ephemeral = (spec as { ephemeralContainers?: Container[] }).ephemeralContainers ?? [];
  return [...(spec.initContainers ?? []), ...(spec.containers ?? []), ...ephemeral];
}

export const contextOf = (owner: { securityContext?: unknown }) =>
  (owner.securityContext ?? {}) as SecurityContext;

export const quoted = (items: string[]) => items.map((one) => `"${one}"`).join(", ");
export const sorted = (items: Iterable<string>) => [...new Set(items)].sort();
export const plural = (one: string, many: string, count: number) => (count === 1 ? one : many);

/** `container "a"`, `containers "a", "b"`. */
export const named = (containers: Container[]) =>
  `${plural("container", "containers", containers.length)} ${quoted(containers.map(({ name }) => name))}`;

export const isWindows = ({ spec }: PodLike) => (spec as { os?: { name?: string } }).os?.name === "windows";

/** Where a field of a security context is badly set: `pod and container "a"`; empty when nowhere. */
export function badSetters(
  pod: PodLike,
  isBad: (context: SecurityContext, owner: "pod" | "container") => boolean,
): string {
  const containers = containersOf(pod).filter((one) => isBad(contextOf(one), "container"));
  return [
    ...(isBad(contextOf(pod.spec), "pod") ? ["pod"] : []),
    ...(containers.length > 0 ? [named(containers)] : []),
  ].join(" and ");
}

/** The pod inside an object that makes pods, or undefined when it has none. */
export function podIn(object: KubeObject): PodLike | undefined {
  const spec = object.spec as
    | { template?: PodLike; jobTemplate?: { spec?: { template?: PodLike } } }
    | undefined;
  const found =
    object.kind === "Pod"
      ? (object as unknown as PodLike)
      : object.kind === "PodTemplate"
        ? (object.template as PodLike | undefined)
        : (spec?.jobTemplate?.spec?.template ?? spec?.template);
  return found?.spec ? found : undefined;
}
