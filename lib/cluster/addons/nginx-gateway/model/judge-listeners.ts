import type { Gateway, Listener } from "@/lib/cluster/addons/gateway-api/types";
import { isFalse, isTrue, type Finding } from "./conditions";
import { resolveCertificate } from "./certificates";
import type { Inputs, ListenerState, Settings } from "./graph";
import { supportedKinds, supportedProtocols } from "./supported-kinds";

/** What each listener of a gateway can do, by itself and beside the others (GatewaySpec.listeners). */
export function judgeListeners(gateway: Gateway, inputs: Inputs, settings: Settings): ListenerState[] {
  const states = gateway.spec.listeners.map((listener) => judge(listener, gateway, inputs, settings));
  for (const state of states) {
    const problem = conflictOf(state.listener, gateway.spec.listeners, settings);
    if (problem) refuse(state, problem);
  }
  return states.map((state) => ({ ...state, findings: withDefaults(state) }));
}

function judge(listener: Listener, gateway: Gateway, inputs: Inputs, settings: Settings): ListenerState {
  const state: ListenerState = {
    listener,
    hostname: (listener.hostname ?? "").toLowerCase(),
    supportedKinds: [],
    isAttachable: true,
    isValid: true,
    findings: [],
    certificates: [],
    attachedRoutes: 0,
  };
  const protocols = supportedProtocols(settings.routeKinds);
  if (!protocols.includes(listener.protocol)) {
    const supported = protocols.map((protocol) => `"${protocol}"`).join(", ");
    refuse(state, [
      isFalse(
        "Accepted",
        "UnsupportedProtocol",
        `protocol: Unsupported value: "${listener.protocol}": supported values: ${supported}`,
      ),
    ]);
    return state;
  }
  const { kinds, findings } = supportedKinds(listener, settings.routeKinds);
  state.supportedKinds = kinds;
  // Kinds that are possible go on being served beside one that is not.
  if (findings.length > 0 && kinds.length === 0) refuse(state, findings);
  else state.findings.push(...findings);
  for (const problem of [portProblem(listener, settings), selectorProblem(listener), tlsProblem(listener)])
    if (problem) refuse(state, [isFalse("Accepted", "UnsupportedValue", problem)]);
  if (listener.protocol === "HTTPS") readCertificates(state, gateway, inputs);
  return state;
}

function refuse(state: ListenerState, findings: Finding[]): void {
  state.isValid = false;
  state.isAttachable = false;
  state.findings.push(...findings);
}

function portProblem({ port }: Listener, { reservedPorts }: Settings): string | undefined {
  return reservedPorts.includes(port)
    ? `port: Invalid value: ${port}: port is already in use by the controller`
    : undefined;
}

function selectorProblem({ allowedRoutes }: Listener): string | undefined {
  const namespaces = allowedRoutes?.namespaces;
  return namespaces?.from === "Selector" && !namespaces.selector
    ? "Listener's AllowedRoutes Selector must be set when From is set to type Selector"
    : undefined;
}

function tlsProblem({ protocol, tls }: Listener): string | undefined {
  if (protocol === "HTTPS" && (tls?.mode ?? "Terminate") !== "Terminate")
    return `tls.mode: Unsupported value: "${tls?.mode}": supported values: "Terminate"`;
  if (protocol === "TLS" && tls?.mode !== "Passthrough")
    return `tls.mode: Unsupported value: "${tls?.mode ?? "Terminate"}": supported values: "Passthrough"`;
  return undefined;
}

/** A certificate that is missing stops the traffic; the listener is there all the same, and routes attach. */
function readCertificates(state: ListenerState, gateway: Gateway, inputs: Inputs): void {
  const references = state.listener.tls?.certificateRefs ?? [];
  const results = references.map((reference, index) =>
    resolveCertificate(reference, gateway, inputs, `tls.certificateRefs[${index}]`),
  );
  const problems = results.filter((result) => typeof result !== "string");
  state.certificates = results.filter((result) => typeof result === "string");
  if (references.length === 0)
    problems.push(
      isFalse(
        "ResolvedRefs",
        "InvalidCertificateRef",
        "tls.certificateRefs: Required value: certificateRefs must be defined for TLS mode terminate",
      ),
    );
  if (problems.length === 0) return;
  state.isValid = false;
  state.findings.push(problems[0]!);
}

/** HTTP shares its port with nobody of another protocol, and no two share port, protocol and host. */
function conflictOf(listener: Listener, all: Listener[], settings: Settings): Finding[] | undefined {
  const others = all.filter(
    (other) =>
      other !== listener &&
      other.port === listener.port &&
      (other.protocol === "UDP") === (listener.protocol === "UDP") &&
      supportedProtocols(settings.routeKinds).includes(other.protocol),
  );
  const family = ({ protocol }: Listener) => (protocol === "HTTPS" ? "TLS" : protocol);
  const conflict = (reason: string, message: string) => [
    isFalse("Accepted", reason, message),
    isTrue("Conflicted", reason, message),
  ];
  if (others.some((other) => family(other) !== family(listener)))
    return conflict(
      "ProtocolConflict",
      `Multiple listeners for the same port ${listener.port} specify incompatible protocols; ensure only one protocol per port`,
    );
  const host = (one: Listener) => (one.hostname ?? "").toLowerCase();
  if (others.some((other) => host(other) === host(listener)))
    return conflict(
      "HostnameConflict",
      `Multiple listeners with the same port ${listener.port} have overlapping hostname; ensure that each has a hostname of its own`,
    );
  return undefined;
}

function withDefaults({ isValid, findings }: ListenerState): Finding[] {
  const [first] = findings;
  return [
    isTrue("Accepted", "Accepted", "The Listener is accepted"),
    isValid
      ? isTrue("Programmed", "Programmed", "The Listener is programmed")
      : isFalse("Programmed", "Invalid", first?.message ?? ""),
    isTrue("ResolvedRefs", "ResolvedRefs", "All references are resolved"),
    isFalse("Conflicted", "NoConflicts", "No conflicts"),
    ...findings,
  ];
}
