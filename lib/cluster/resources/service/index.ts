import { defineKind } from "../define-kind";
import type { Service } from "../types";
import { dnsLabel1035 } from "../validation/names";
import { allocateService } from "./allocate";
import { serviceColumns } from "./columns";
import { carryAllocations, defaultService } from "./defaults";
import { validateService, validateServiceUpdate } from "./validate";

export const service = defineKind<Service>("", "Service", {
  nameFormat: dnsLabel1035,
  columns: serviceColumns,
  selectableFields: {
    "spec.clusterIP": ({ spec }) => spec.clusterIP ?? "",
    "spec.type": ({ spec }) => spec.type ?? "",
  },
  defaults: defaultService,
  prepareForCreate(object) {
    object.status = { loadBalancer: {} };
  },
  prepareForUpdate: carryAllocations,
  validate: validateService,
  validateUpdate: validateServiceUpdate,
  allocate: allocateService,
});
