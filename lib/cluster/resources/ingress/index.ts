import { ageColumn, nameColumn, text } from "../columns/columns";
import { orNone } from "../columns/format";
import { defineKind } from "../define-kind";
import type { Ingress } from "../types";
import { validateIngress, validateNewIngress } from "./validate";

function hosts({ spec }: Ingress): string {
  const list = (spec?.rules ?? []).map(({ host }) => host ?? "").filter(Boolean);
  if (list.length === 0) return "*";
  const shown = list.slice(0, 3).join(",");
  return list.length > 3 ? `${shown} + ${list.length - 3} more...` : shown;
}

function addresses({ status }: Ingress): string {
  const list = (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip || hostname || "");
  return [...new Set(list.filter(Boolean))].sort().join(",");
}

export const ingress = defineKind<Ingress>("networking.k8s.io", "Ingress", {
  columns: [
    nameColumn(),
    text("Class", ({ spec }) => orNone(spec?.ingressClassName)),
    text("Hosts", hosts),
    text("Address", addresses),
    text("Ports", ({ spec }) => ((spec?.tls ?? []).length > 0 ? "80, 443" : "80")),
    ageColumn(),
  ],
  prepareForCreate(object) {
    object.metadata.generation = 1;
    object.status = { loadBalancer: {} };
  },
  validate: validateIngress,
  validateCreate: validateNewIngress,
});
