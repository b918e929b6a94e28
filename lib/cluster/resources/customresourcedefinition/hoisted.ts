import type { CustomResourceDefinition, CustomResourceVersion } from "../types";
import { same } from "../validation/errors";

type Part = "schema" | "subresources" | "additionalPrinterColumns" | "selectableFields";

const names: Record<Part, string> = {
  schema: "validation",
  subresources: "subresources",
  additionalPrinterColumns: "additionalPrinterColumns",
  selectableFields: "selectableFields",
};

/**
 * The versions that speak of a part, each with the field that errors about it name. Upstream validates its internal
 * form, where a part that all versions share stands once, in the spec (apiextensions v1 conversion.go).
 */
export function hoisted(
  versions: CustomResourceDefinition["spec"]["versions"],
  part: Part,
): { version: CustomResourceVersion; field: string }[] {
  const [first] = versions;
  if (!first) return [];
  if (versions.every((version) => same(version[part], first[part])))
    return [{ version: first, field: `spec.${names[part]}` }];
  return versions.map((version, index) => ({ version, field: `spec.versions[${index}].${part}` }));
}
