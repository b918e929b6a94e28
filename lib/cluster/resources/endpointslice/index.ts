import { ageColumn, nameColumn, text } from "../columns/columns";
import { firstThree } from "../columns/format";
import { defineKind } from "../define-kind";
import type { FieldError } from "../kind";
import type { EndpointSlice } from "../types";
import { duplicate, immutable, invalidEach, notSupported, required, tooMany } from "../validation/errors";
import { familyOf, ipAddress } from "../validation/ip";
import { dnsLabel, dnsSubdomain, portNumber } from "../validation/names";

const families = ["FQDN", "IPv4", "IPv6"];
const protocols = ["SCTP", "TCP", "UDP"];
const unset = "<unset>";

function validate({ addressType, endpoints, ports }: EndpointSlice): FieldError[] {
  const errors: FieldError[] = [];
  if (!addressType) errors.push(required("addressType"));
  else if (!families.includes(addressType)) errors.push(notSupported("addressType", addressType, families));
  if ((endpoints ?? []).length > 1000) errors.push(tooMany("endpoints", endpoints.length, 1000));
  for (const [index, endpoint] of (endpoints ?? []).entries()) {
    const at = `endpoints[${index}]`;
    if (!endpoint.addresses?.length)
      errors.push(required(`${at}.addresses`, "must contain at least 1 address"));
    for (const [position, address] of (endpoint.addresses ?? []).entries()) {
      errors.push(...validateAddress(address, addressType, `${at}.addresses[${position}]`));
    }
    if (endpoint.hostname)
      errors.push(...invalidEach(`${at}.hostname`, endpoint.hostname, dnsLabel(endpoint.hostname)));
  }
  return [...errors, ...validatePorts(ports ?? [])];
}

function validateAddress(address: string, type: string, field: string): FieldError[] {
  if (type === "FQDN") return invalidEach(field, address, dnsSubdomain(address));
  const complaints = ipAddress(address);
  if (complaints.length === 0 && (type === "IPv4" || type === "IPv6") && familyOf(address) !== type) {
    return invalidEach(field, address, [`must be an ${type} address`]);
  }
  return invalidEach(field, address, complaints);
}

function validatePorts(ports: NonNullable<EndpointSlice["ports"]>): FieldError[] {
  const names = new Set<string>();
  return ports.flatMap((port, index) => {
    const at = `ports[${index}]`;
    const errors: FieldError[] = [];
    const name = port.name ?? "";
    if (name) errors.push(...invalidEach(`${at}.name`, name, dnsLabel(name)));
    if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
    names.add(name);
    if (port.port !== undefined) errors.push(...invalidEach(`${at}.port`, port.port, portNumber(port.port)));
    if (!port.protocol) errors.push(required(`${at}.protocol`));
    else if (!protocols.includes(port.protocol))
      errors.push(notSupported(`${at}.protocol`, port.protocol, protocols));
    return errors;
  });
}

export const endpointSlice = defineKind<EndpointSlice>("discovery.k8s.io", "EndpointSlice", {
  columns: [
    nameColumn(),
    text("AddressType", ({ addressType }) => addressType),
    text("Ports", ({ ports }) =>
      firstThree(
        (ports ?? []).map(({ port }) => String(port ?? "*")),
        unset,
      ),
    ),
    text("Endpoints", ({ endpoints }) =>
      firstThree(
        (endpoints ?? []).flatMap(({ addresses }) => addresses ?? []),
        unset,
      ),
    ),
    ageColumn(),
  ],
  defaults({ ports }) {
    for (const port of ports ?? []) {
      port.name ??= "";
      port.protocol ||= "TCP";
    }
  },
  prepareForCreate({ metadata }) {
    metadata.generation = 1;
  },
  validate,
  validateUpdate: (object, old) => immutable("addressType", object.addressType, old.addressType),
});
