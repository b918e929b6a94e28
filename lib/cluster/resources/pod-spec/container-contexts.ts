import type { PodSpec, SecurityContext } from "../types";

/** The security context of each container with the path of its field, in the order of upstream's VisitContainersWithPath. */
export function containerContexts(
  spec: PodSpec,
  field: string,
): { at: string; context: SecurityContext | undefined }[] {
  return (["initContainers", "containers", "ephemeralContainers"] as const).flatMap((list) =>
    (spec[list] ?? []).map(({ securityContext }, index) => ({
      at: `${field}.${list}[${index}].securityContext`,
      context: securityContext,
    })),
  );
}
