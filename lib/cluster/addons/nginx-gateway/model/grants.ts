import type { ReferenceGrant } from "@/lib/cluster/addons/gateway-api/types";

/** Whether an object may refer to one of another namespace, which must say so in a ReferenceGrant of its own. */
export function isGranted(
  from: { group: string; kind: string; namespace: string },
  to: { group: string; kind: string; namespace: string; name: string },
  grants: ReferenceGrant[],
): boolean {
  if (from.namespace === to.namespace) return true;
  return grants.some(
    ({ metadata, spec }) =>
      metadata.namespace === to.namespace &&
      spec.from.some(
        (one) => one.group === from.group && one.kind === from.kind && one.namespace === from.namespace,
      ) &&
      spec.to.some(
        (one) =>
          // The core group may be written either way.
          (one.group === to.group || (to.group === "" && one.group === "core")) &&
          one.kind === to.kind &&
          (!one.name || one.name === to.name),
      ),
  );
}
