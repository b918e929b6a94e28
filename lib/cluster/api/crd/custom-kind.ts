import { badRequest } from "@/lib/cluster/client/status";
import { assembleKind } from "@/lib/cluster/resources/define-kind";
import type { FieldError, KubeObject } from "@/lib/cluster/resources/kind";
import { invalid } from "@/lib/cluster/resources/validation/errors";
import { schemaOf, type Schema } from "@/lib/cluster/resources/schema";
import type { CustomResourceDefinition, CustomResourceVersion } from "@/lib/cluster/resources/types";
import { checkMetadata, report } from "../http/check-fields";
import { isObject, type Json, type JsonObject } from "../json";
import { mergeType } from "../patch/merge-types";
import type { ServedKind } from "../registry/registry";
import { customColumns } from "./columns";
import type { Conversion } from "./conversion";
import { compileJsonPath } from "./json-path";
import { applyDefaults, prune, toSchema, type JsonSchema } from "./json-schema";
import { compileRules } from "./cel-rules";
import { validateSchema } from "./validate-schema";

const int32Max = 2 ** 31 - 1;
const verbs = ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"];

/** The kind that one version of a definition serves. */
export function customKind(
  definition: CustomResourceDefinition,
  version: CustomResourceVersion,
  conversion?: Conversion,
): ServedKind {
  const { group, names, scope, versions } = definition.spec;
  const schema = (version.schema?.openAPIV3Schema ?? {}) as JsonSchema;
  const { status, scale } = version.subresources ?? {};
  const checkRules = compileRules(schema);
  const storage = versions.find((one) => one.storage)!;
  const validateReplicas = scale ? replicaChecks(scale) : () => [];
  const validate = (object: KubeObject, old?: KubeObject): FieldError[] => {
    const value = object as unknown as Json;
    const before = old as unknown as Json | undefined;
    const errors = [...validateSchema(value, schema, before), ...validateReplicas(object)];
    // Rules assume that the shape is right.
    return errors.length > 0 ? errors : checkRules(value, before);
  };
  const kind = assembleKind(
    {
      group,
      version: version.name,
      kind: names.kind,
      plural: names.plural,
      singular: names.singular || names.kind.toLowerCase(),
      namespaced: scope === "Namespaced",
      verbs,
      ...(names.shortNames?.length ? { shortNames: names.shortNames } : {}),
      ...(names.categories?.length ? { categories: names.categories } : {}),
      subresources: { ...(status ? { status: true } : {}), ...(scale ? { scale: true } : {}) },
    },
    {
      columns: customColumns(version.additionalPrinterColumns),
      selectableFields: selectable(version),
      defaults(object) {
        prune(object as unknown as Json, schema, "", [], true);
        applyDefaults(object as unknown as Json, schema);
      },
      prepareForCreate(object) {
        object.metadata.generation = 1;
        // A client's status is dropped; upstream fills in the schema's whenever it reads the object.
        if (status) applyDefaults(object as unknown as Json, schema);
      },
      validateCreate: (object) => validate(object),
      validateUpdate: (object, old) => validate(object, old),
      ...(version === storage
        ? {}
        : {
            storage: {
              group,
              version: storage.name,
              toStored: (object: KubeObject) => ({ ...object, apiVersion: `${group}/${storage.name}` }),
              fromStored: (object: KubeObject) => ({ ...object, apiVersion: `${group}/${version.name}` }),
            },
          }),
    },
  );
  return {
    ...kind,
    listKind: names.listKind || `${names.kind}List`,
    isCustom: true,
    ...(conversion ? { conversion } : {}),
    requiresVersionOnUpdate: true,
    validateStatusUpdate: (object, old) => validate(object, old),
    mergeType: mergeType(withMetadata(toSchema(schema))),
    openApiSchema: schema,
    ...(version.deprecated
      ? {
          deprecationWarning:
            version.deprecationWarning ?? `${group}/${version.name} ${names.kind} is deprecated`,
        }
      : {}),
    checkCustom(object, context) {
      const unknown: string[] = [];
      prune(object as unknown as Json, schema, "", unknown, true);
      checkMetadata(kind, object, unknown);
      report(unknown, context, (why) =>
        badRequest(`${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: ${why}`),
      );
      return object;
    },
    ...(scale ? { scalePaths: scalePaths(scale) } : {}),
  };
}

function withMetadata(schema: Schema): Schema {
  const metadata = schemaOf({ group: "", version: "v1", kind: "ConfigMap" })!.properties!.metadata!;
  return { ...schema, properties: { ...schema.properties, metadata } };
}

function selectable({ selectableFields = [] }: CustomResourceVersion) {
  return Object.fromEntries(
    selectableFields.map(({ jsonPath }) => {
      const find = compileJsonPath(jsonPath);
      return [
        jsonPath.replace(/^\./, ""),
        (object: KubeObject) => {
          const value = find(object as unknown as Json)[0];
          return value === undefined || value === null ? "" : String(value);
        },
      ];
    }),
  );
}

/** Numbers of replicas that the scale subresource can show. */
function replicaChecks(
  paths: NonNullable<NonNullable<CustomResourceVersion["subresources"]>["scale"]>,
): (object: KubeObject) => FieldError[] {
  const read = [paths.specReplicasPath, paths.statusReplicasPath].map(
    (path) => [path, compileJsonPath(path)] as const,
  );
  return (object) =>
    read.flatMap(([path, find]) => {
      const value = find(object as unknown as Json)[0];
      if (typeof value !== "number") return [];
      if (value < 0) return [invalid(path, value, "should be a non-negative integer")];
      return value > int32Max ? [invalid(path, value, `should be less than or equal to ${int32Max}`)] : [];
    });
}

function scalePaths(
  paths: NonNullable<NonNullable<CustomResourceVersion["subresources"]>["scale"]>,
): NonNullable<ServedKind["scalePaths"]> {
  const read = (path: string | undefined) => (path ? compileJsonPath(path) : () => []);
  const [spec, status, selector] = [
    read(paths.specReplicasPath),
    read(paths.statusReplicasPath),
    read(paths.labelSelectorPath),
  ];
  return {
    read(object) {
      const value = object as unknown as Json;
      return {
        replicas: Number(spec(value)[0] ?? 0),
        statusReplicas: Number(status(value)[0] ?? 0),
        selector: String(selector(value)[0] ?? ""),
      };
    },
    write(object, replicas) {
      const names = paths.specReplicasPath.split(".").filter(Boolean);
      const last = names.pop()!;
      let at = object as unknown as JsonObject;
      for (const name of names) {
        if (!isObject(at[name])) at[name] = {};
        at = at[name] as JsonObject;
      }
      at[last] = replicas;
    },
  };
}
