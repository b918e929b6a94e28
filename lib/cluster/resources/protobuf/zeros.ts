import type { Schema } from "../schema/schema";

/**
 * Optional fields of Go's API types that are pointers: the wire has them only when somebody set them, so their zero
 * value means something. All other optional scalars are on the wire always and vanish in JSON when zero.
 */
const pointers = new Set(
  `activeDeadlineSeconds adminAccess allNodes allocateLoadBalancerNodePorts allowMultipleAllocations allowPrivilegeEscalation attachRequired
   automountServiceAccountToken averageUtilization backoffLimit bindsToNode borrowingLimitPercent bool backoffLimitPerIndex blockOwnerDeletion completions
   controller defaultMode deletionGracePeriodSeconds enableServiceLinks expirationSeconds failedJobsHistoryLimit
   fsGroup gracePeriodSeconds hostUsers immutable int leaseDurationSeconds leaseTransitions lendablePercent manualSelector
   maxFailedIndexes minDomains minReplicas mode nominalConcurrencyShares optional orphanDependents parallelism perDeviceNodeSelection podInfoOnMount preemptionPolicy
   priority privileged procMount progressDeadlineSeconds readOnlyRootFilesystem ready replicas revisionHistoryLimit
   runAsGroup runAsNonRoot runAsUser selectPolicy serving setHostnameAsFQDN shareProcessNamespace
   stabilizationWindowSeconds started startingDeadlineSeconds storageClassName successfulJobsHistoryLimit suspend
   terminating terminationGracePeriodSeconds timeZone tolerationSeconds ttlSecondsAfterFinished
   volumeAttributesClassName volumeMode`.split(/\s+/),
);

const isZero = (value: unknown) => value === "" || value === 0 || value === false;

/** The value without what `omitempty` would have left out of its JSON. */
export function dropZeros(value: unknown, schema: Schema | undefined): unknown {
  if (Array.isArray(value)) return value.map((item) => dropZeros(item, schema?.items));
  if (typeof value !== "object" || value === null || schema?.preserveUnknownFields) return value;
  const kept: Record<string, unknown> = {};
  const required = new Set(schema?.required);
  const isMap = schema?.additionalProperties !== undefined;
  for (const [key, content] of Object.entries(value)) {
    if (!isMap && isZero(content) && !required.has(key) && !pointers.has(key)) continue;
    const below = isMap ? schema?.additionalProperties : schema?.properties?.[key];
    Object.defineProperty(kept, key, {
      value: dropZeros(content, below),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return kept;
}
