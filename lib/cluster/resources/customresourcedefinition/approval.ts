import type { FieldError } from "../kind";
import type { CustomResourceDefinition } from "../types";
import { invalid, required } from "../validation/errors";

const annotation = "api-approved.kubernetes.io";
const see = "see https://github.com/kubernetes/enhancements/pull/1111";

type State = "ApprovedAnnotation" | "UnapprovedAnnotation" | "MissingAnnotation" | "InvalidAnnotation";

/** What a definition of a group of the community says of its approval; undefined for other groups. */
export function approvalOf({
  metadata,
  spec,
}: CustomResourceDefinition): { state: State; message: string } | undefined {
  // Seen before the definition has been validated.
  const group = spec?.group ?? "";
  const isProtected = ["k8s.io", "kubernetes.io"].some((one) => group === one || group.endsWith(`.${one}`));
  if (!isProtected) return undefined;
  const value = metadata.annotations?.[annotation] ?? "";
  if (value === "")
    return {
      state: "MissingAnnotation",
      message: `protected groups must have approval annotation "${annotation}", ${see}`,
    };
  if (value.startsWith("unapproved"))
    return { state: "UnapprovedAnnotation", message: `not approved: ${JSON.stringify(value)}` };
  if (/^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/]/.test(value) && URL.canParse(value))
    return { state: "ApprovedAnnotation", message: `approved in ${value}` };
  return {
    state: "InvalidAnnotation",
    message: `protected groups must have approval annotation "${annotation}" with either a URL or a reason starting with "unapproved", ${see}`,
  };
}

/** An update that leaves the state as it was is never refused for it. */
export function validateApproval(
  definition: CustomResourceDefinition,
  old?: CustomResourceDefinition,
): FieldError[] {
  const approval = approvalOf(definition);
  if (!approval || (old && approvalOf(old)?.state === approval.state)) return [];
  const field = `metadata.annotations[${annotation}]`;
  if (approval.state === "MissingAnnotation") return [required(field, approval.message)];
  if (approval.state === "InvalidAnnotation")
    return [invalid(field, definition.metadata.annotations?.[annotation], approval.message)];
  return [];
}
