import { canonicalResources, orDefault } from "../pod-spec/defaults";
import type { PersistentVolumeClaimSpec } from "../types";

/** What SetDefaults_PersistentVolumeClaimSpec fills in. */
export function defaultClaimSpec(spec: PersistentVolumeClaimSpec): void {
  orDefault(spec, "volumeMode", "Filesystem");
  canonicalResources(spec.resources?.requests);
  canonicalResources(spec.resources?.limits);
}
