import { defineKind } from "../define-kind";
import type { CustomResourceDefinition } from "../types";
import { validateApproval } from "./approval";
import { validateDefinition, validateDefinitionUpdate } from "./validate";

export const customResourceDefinition = defineKind<CustomResourceDefinition>(
  "apiextensions.k8s.io",
  "CustomResourceDefinition",
  {
    defaults({ spec }) {
      if (!spec?.names) return;
      spec.names.singular ||= (spec.names.kind ?? "").toLowerCase();
      spec.names.listKind ||= `${spec.names.kind ?? ""}List`;
      spec.conversion ??= { strategy: "None" };
      const service = spec.conversion.webhook?.clientConfig?.service;
      if (service) service.port ??= 443;
      if (spec.preserveUnknownFields === false) delete spec.preserveUnknownFields;
    },
    prepareForCreate(object) {
      object.metadata.generation = 1;
      const stored = object.spec?.versions?.find(({ storage }) => storage)?.name;
      object.status = {
        conditions: [],
        acceptedNames: { kind: "", plural: "" },
        storedVersions: stored ? [stored] : [],
      };
    },
    prepareForUpdate(object) {
      const stored = object.spec.versions.find(({ storage }) => storage)?.name;
      const known = object.status?.storedVersions ?? [];
      if (stored && !known.includes(stored)) {
        object.status = { ...object.status, storedVersions: [...known, stored] };
      }
    },
    validate: validateDefinition,
    validateCreate: (definition) => validateApproval(definition),
    validateUpdate: validateDefinitionUpdate,
  },
);
