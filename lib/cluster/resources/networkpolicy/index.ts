import { ageColumn, nameColumn, text } from "../columns/columns";
import { formatSelector } from "../columns/format";
import { defineKind } from "../define-kind";
import type { FieldError } from "../kind";
import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from "../types";
import { forbidden, invalid, invalidEach, notSupported, required } from "../validation/errors";
import { cidr, cidrContains } from "../validation/ip";
import { portName, portNumber } from "../validation/names";
import { validateSelector } from "../validation/selector";

const protocols = ["SCTP", "TCP", "UDP"];
const policyTypes = ["Egress", "Ingress"];

function validatePort({ protocol, port, endPort }: NetworkPolicyPort, at: string): FieldError[] {
  const errors: FieldError[] = [];
  if (protocol && !protocols.includes(protocol))
    errors.push(notSupported(`${at}.protocol`, protocol, protocols));
  if (typeof port === "number") {
    errors.push(...invalidEach(`${at}.port`, port, portNumber(port)));
    if (endPort !== undefined) {
      if (endPort < port)
        errors.push(invalid(`${at}.endPort`, endPort, "must be greater than or equal to `port`"));
      errors.push(...invalidEach(`${at}.endPort`, endPort, portNumber(endPort)));
    }
  } else if (typeof port === "string") {
    errors.push(...invalidEach(`${at}.port`, port, portName(port)));
    if (endPort !== undefined) {
      errors.push(invalid(`${at}.endPort`, endPort, "may not be specified when `port` is non-numeric"));
    }
  } else if (endPort !== undefined) {
    errors.push(required(`${at}.port`, "may not be empty when `endPort` is specified"));
  }
  return errors;
}

function validatePeer(peer: NetworkPolicyPeer, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const { podSelector, namespaceSelector, ipBlock } = peer;
  errors.push(...validateSelector(podSelector, `${at}.podSelector`));
  errors.push(...validateSelector(namespaceSelector, `${at}.namespaceSelector`));
  if (ipBlock) {
    const complaints = cidr(ipBlock.cidr ?? "");
    if (!ipBlock.cidr) errors.push(required(`${at}.ipBlock.cidr`));
    else errors.push(...invalidEach(`${at}.ipBlock.cidr`, ipBlock.cidr, complaints));
    for (const [index, except] of (ipBlock.except ?? []).entries()) {
      const field = `${at}.ipBlock.except[${index}]`;
      const wrong = cidr(except);
      errors.push(...invalidEach(field, except, wrong));
      if (wrong.length > 0 || complaints.length > 0) continue;
      const inside = except.includes(":") || cidrContains(ipBlock.cidr, except.split("/")[0] ?? "");
      if (!inside || Number(except.split("/")[1]) <= Number(ipBlock.cidr.split("/")[1])) {
        errors.push(invalid(field, except, "must be a strict subset of `cidr`"));
      }
    }
    if (podSelector || namespaceSelector) {
      errors.push(forbidden(at, "may not specify both ipBlock and another peer"));
    }
  } else if (!podSelector && !namespaceSelector) {
    errors.push(required(at, "must specify a peer"));
  }
  return errors;
}

function validate({ spec = {} }: NetworkPolicy): FieldError[] {
  const errors = validateSelector(spec.podSelector, "spec.podSelector");
  for (const [index, rule] of (spec.ingress ?? []).entries()) {
    const at = `spec.ingress[${index}]`;
    (rule.ports ?? []).forEach((port, n) => errors.push(...validatePort(port, `${at}.ports[${n}]`)));
    (rule.from ?? []).forEach((peer, n) => errors.push(...validatePeer(peer, `${at}.from[${n}]`)));
  }
  for (const [index, rule] of (spec.egress ?? []).entries()) {
    const at = `spec.egress[${index}]`;
    (rule.ports ?? []).forEach((port, n) => errors.push(...validatePort(port, `${at}.ports[${n}]`)));
    (rule.to ?? []).forEach((peer, n) => errors.push(...validatePeer(peer, `${at}.to[${n}]`)));
  }
  if ((spec.policyTypes ?? []).length > 2) {
    errors.push(invalid("spec.policyTypes", spec.policyTypes, "may not specify more than two policyTypes"));
  }
  for (const [index, type] of (spec.policyTypes ?? []).entries()) {
    if (!policyTypes.includes(type))
      errors.push(notSupported(`spec.policyTypes[${index}]`, type, policyTypes));
  }
  return errors;
}

export const networkPolicy = defineKind<NetworkPolicy>("networking.k8s.io", "NetworkPolicy", {
  columns: [nameColumn(), text("Pod-Selector", ({ spec }) => formatSelector(spec?.podSelector)), ageColumn()],
  defaults(object) {
    object.spec ??= {};
    const { spec } = object;
    spec.podSelector ??= {};
    for (const rule of [...(spec.ingress ?? []), ...(spec.egress ?? [])]) {
      for (const port of rule.ports ?? []) port.protocol ??= "TCP";
    }
    if (!spec.policyTypes?.length) {
      spec.policyTypes = spec.egress?.length ? ["Ingress", "Egress"] : ["Ingress"];
    }
  },
  prepareForCreate({ metadata }) {
    metadata.generation = 1;
  },
  validate,
});
