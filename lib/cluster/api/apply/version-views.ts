import type { KubeObject } from "@/lib/cluster/resources/kind";
import { builtInType, type MergeType } from "../patch/merge-types";
import type { Registry, Resource } from "../registry/registry";
import { inVersion, knownInVersion, servedAs } from "../registry/versions";

/** A write as another version of the kind sees it. */
export interface VersionView {
  old: KubeObject | undefined;
  next: KubeObject;
  type: MergeType | undefined;
}

/**
 * By version: the view, or why there is none. A version that is no longer served is not among them: upstream forgets the
 * managers that spoke it (structured-merge-diff merge/update.go).
 */
export type VersionViews = ReadonlyMap<string, VersionView | Error>;

/** The type of an object as the resource serves it. */
export function mergeTypeOf({ kind }: Resource): MergeType | undefined {
  return kind.mergeType ?? builtInType(kind.group, kind.version, kind.kind);
}

/** A write in the versions named, but for the one that it is in. */
export async function versionViews(
  registry: Registry,
  resource: Resource,
  old: KubeObject,
  next: KubeObject,
  versions: Iterable<string>,
): Promise<VersionViews> {
  const views = new Map<string, VersionView | Error>();
  for (const version of new Set(versions)) {
    const as = version === next.apiVersion ? undefined : servedAs(registry, resource, version);
    if (!as) continue;
    try {
      views.set(version, {
        old: await knownInVersion(registry, resource, old, as),
        next: await inVersion(registry, resource, next, as),
        type: mergeTypeOf(as),
      });
    } catch (failure) {
      views.set(version, failure as Error);
    }
  }
  return views;
}
