import { ageColumn, nameColumn, text } from "../columns/columns";
import { none } from "../columns/format";
import { defineKind } from "../define-kind";
import type { FieldError } from "../kind";
import type { Endpoints } from "../types";
import { invalidEach, notSupported, required } from "../validation/errors";
import { ipAddress } from "../validation/ip";
import { dnsLabel, portNumber } from "../validation/names";

const protocols = ["SCTP", "TCP", "UDP"];

/** formatEndpoints: ready addresses with their ports, the first three of them. */
function endpoints({ subsets = [] }: Endpoints): string {
  const all = (subsets ?? []).flatMap(({ addresses, ports }) =>
    ports?.length
      ? ports.flatMap(({ port }) =>
          (addresses ?? []).map(({ ip }) => (ip.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`)),
        )
      : (addresses ?? []).map(({ ip }) => ip),
  );
  if (all.length === 0) return none;
  const shown = all.slice(0, 3).join(",");
  return all.length > 3 ? `${shown} + ${all.length - 3} more...` : shown;
}

function validate({ subsets }: Endpoints): FieldError[] {
  return (subsets ?? []).flatMap((subset, index) => {
    const at = `subsets[${index}]`;
    const errors: FieldError[] = [];
    if (!subset.addresses?.length && !subset.notReadyAddresses?.length) {
      errors.push(required(at, "must specify `addresses` or `notReadyAddresses`"));
    }
    for (const list of ["addresses", "notReadyAddresses"] as const) {
      for (const [position, { ip, hostname }] of (subset[list] ?? []).entries()) {
        errors.push(...invalidEach(`${at}.${list}[${position}].ip`, ip ?? "", ipAddress(ip ?? "")));
        if (hostname)
          errors.push(...invalidEach(`${at}.${list}[${position}].hostname`, hostname, dnsLabel(hostname)));
      }
    }
    for (const [position, port] of (subset.ports ?? []).entries()) {
      const field = `${at}.ports[${position}]`;
      if ((subset.ports ?? []).length > 1 && !port.name) errors.push(required(`${field}.name`));
      else if (port.name) errors.push(...invalidEach(`${field}.name`, port.name, dnsLabel(port.name)));
      errors.push(...invalidEach(`${field}.port`, port.port, portNumber(port.port)));
      if (!protocols.includes(port.protocol ?? "")) {
        errors.push(notSupported(`${field}.protocol`, port.protocol, protocols));
      }
    }
    return errors;
  });
}

export const endpointsKind = defineKind<Endpoints>("", "Endpoints", {
  columns: [nameColumn(), text("Endpoints", endpoints), ageColumn()],
  defaults({ subsets }) {
    for (const port of (subsets ?? []).flatMap((subset) => subset.ports ?? [])) port.protocol ||= "TCP";
  },
  validate,
});
