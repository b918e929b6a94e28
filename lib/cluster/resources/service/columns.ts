import { ageColumn, nameColumn, text, wide } from "../columns/columns";
import { formatLabels, none, orNone } from "../columns/format";
import type { PrinterColumn } from "../kind";
import type { Service } from "../types";

function externalIp({ spec, status }: Service): string {
  const external = (spec.externalIPs ?? []).join(",");
  switch (spec.type) {
    case "ClusterIP":
    case "NodePort":
      return orNone(external);
    case "LoadBalancer": {
      const addresses = (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip || hostname || "");
      const unique = [...new Set(addresses.filter(Boolean))].sort();
      if (external) return [...unique, external].join(",");
      return unique.join(",") || "<pending>";
    }
    case "ExternalName":
      return spec.externalName ?? "";
    default:
      return "<unknown>";
  }
}

function ports({ spec }: Service): string {
  return orNone(
    (spec.ports ?? [])
      .map(({ port, nodePort, protocol }) => `${port}${nodePort ? `:${nodePort}` : ""}/${protocol}`)
      .join(","),
  );
}

export const serviceColumns: PrinterColumn<Service>[] = [
  nameColumn(),
  text("Type", ({ spec }) => spec.type ?? ""),
  text("Cluster-IP", ({ spec }) => spec.clusterIPs?.[0] || spec.clusterIP || none),
  text("External-IP", externalIp),
  text("Port(s)", ports),
  ageColumn(),
  wide("Selector", ({ spec }) => formatLabels(spec.selector)),
];
