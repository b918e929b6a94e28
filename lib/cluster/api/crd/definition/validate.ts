import { hoisted } from "@/lib/cluster/resources/customresourcedefinition/hoisted";
import type { FieldError } from "@/lib/cluster/resources/kind";
import type { CustomResourceDefinition } from "@/lib/cluster/resources/types";
import {
  duplicate,
  forbidden,
  invalid,
  required,
  same,
  tooMany,
} from "@/lib/cluster/resources/validation/errors";
import type { JsonSchema } from "../json-schema";
import { validateDefaults } from "./defaults";
import { validateExpressions } from "./expressions";
import { findField } from "./field-path";
import { RuleCosts } from "./rule-costs";
import { validateSchemaRules } from "./schema-rules";
import { validateStructural } from "./structural";

/**
 * The schemas of a definition: what ValidateCustomResourceDefinition checks of them besides their presence. On update,
 * a schema that was stored with a mistake may keep being stored.
 */
export function validateSchemas(
  definition: CustomResourceDefinition,
  old?: CustomResourceDefinition,
): FieldError[] {
  const versions = definition.spec?.versions ?? [];
  const errors = hoisted(versions, "schema").flatMap(({ version, field }) => {
    const schema = version.schema?.openAPIV3Schema;
    if (!schema) return [];
    const before = old?.spec.versions.find(({ name }) => name === version.name)?.schema?.openAPIV3Schema;
    if (before && same(before, schema)) return [];
    const hasStatus = versions.some(({ subresources }) => subresources?.status !== undefined);
    return validateOne(schema, `${field}.openAPIV3Schema`, hasStatus);
  });
  const fields = hoisted(versions, "selectableFields").flatMap(({ version, field }) =>
    selectable(version.selectableFields ?? [], version.schema?.openAPIV3Schema, field),
  );
  return [...errors, ...fields];
}

const forbiddenAtRoot = [
  "additionalProperties",
  "allOf",
  "anyOf",
  "default",
  "enum",
  "maxProperties",
  "minProperties",
  "not",
  "oneOf",
  "x-kubernetes-embedded-resource",
  "x-kubernetes-int-or-string",
  "x-kubernetes-list-map-keys",
  "x-kubernetes-list-type",
  "x-kubernetes-map-type",
] as const;
const allowedAtRoot =
  "Description Type Format Title Maximum ExclusiveMaximum Minimum ExclusiveMinimum MaxLength MinLength Pattern MaxItems MinItems UniqueItems MultipleOf Required Items Properties ExternalDocs Example XPreserveUnknownFields XValidations";

function validateOne(schema: JsonSchema, path: string, hasStatus: boolean): FieldError[] {
  const errors: FieldError[] = [];
  if (hasStatus) {
    if (schema.type && schema.type !== "object")
      errors.push(
        invalid(
          `${path}.type`,
          schema.type,
          'only "object" is allowed as the type at the root of the schema if the status subresource is enabled',
        ),
      );
    else if (forbiddenAtRoot.some((name) => schema[name] !== undefined))
      errors.push(
        invalid(
          path,
          schema,
          `only [${allowedAtRoot}] fields are allowed at the root of the schema if the status subresource is enabled`,
        ),
      );
  }
  if (schema.nullable) errors.push(forbidden(`${path}.nullable`, "nullable cannot be true at the root"));
  const structural = validateStructural(schema, path);
  errors.push(...(structural.length > 0 ? structural : validateDefaults(schema, path)));
  const canCompile = errors.length === 0;
  const costs = new RuleCosts();
  errors.push(
    ...validateSchemaRules(schema, path, (level) =>
      canCompile ? validateExpressions(level, level.path === path, costs) : [],
    ),
    ...costs.errors(path),
  );
  return errors;
}

const selectableMax = 8;

function selectable(
  fields: { jsonPath?: string }[],
  schema: JsonSchema | undefined,
  at: string,
): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [index, { jsonPath = "" }] of fields.entries()) {
    const field = `${at}[${index}].jsonPath`;
    if (jsonPath === "") {
      errors.push(required(field));
      continue;
    }
    const found = findField(schema ?? {}, jsonPath, { arrayNotation: false });
    if (typeof found === "string") {
      errors.push(invalid(field, jsonPath, `is an invalid path: ${found}`));
      continue;
    }
    if (found.root === "metadata")
      errors.push(invalid(field, jsonPath, "must not point to fields in metadata"));
    if (!["string", "boolean", "integer"].includes(found.schema.type ?? ""))
      errors.push(
        invalid(
          field,
          jsonPath,
          "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.",
        ),
      );
    if (seen.has(jsonPath)) errors.push(duplicate(field, jsonPath));
    seen.add(jsonPath);
  }
  if (seen.size > selectableMax) errors.push(tooMany(at, seen.size, selectableMax));
  return errors;
}
