import { ageColumn, nameColumn, text, wide } from "../columns/columns";
import { since } from "../columns/duration";
import { none, orNone } from "../columns/format";
import type { PrinterColumn } from "../kind";
import type { Pod } from "../types";
import { summarizePod } from "./status";

function restarts(pod: Pod, nowMs: number): string {
  const { restarts, lastRestartAt } = summarizePod(pod);
  return restarts > 0 && lastRestartAt
    ? `${restarts} (${since(lastRestartAt, nowMs)} ago)`
    : String(restarts);
}

function readinessGates(pod: Pod): string {
  const gates = pod.spec.readinessGates ?? [];
  if (gates.length === 0) return none;
  const open = gates.filter(({ conditionType }) =>
    (pod.status?.conditions ?? []).some(({ type, status }) => type === conditionType && status === "True"),
  );
  return `${open.length}/${gates.length}`;
}

export const podColumns: PrinterColumn<Pod>[] = [
  nameColumn(),
  text("Ready", (pod) => {
    const { ready, total } = summarizePod(pod);
    return `${ready}/${total}`;
  }),
  text("Status", (pod) => summarizePod(pod).reason),
  text("Restarts", (pod, { nowMs }) => restarts(pod, nowMs)),
  ageColumn(),
  wide("IP", (pod) => orNone(pod.status?.podIPs?.[0]?.ip ?? pod.status?.podIP)),
  wide("Node", (pod) => orNone(pod.spec.nodeName)),
  wide("Nominated Node", (pod) => orNone(pod.status?.nominatedNodeName)),
  wide("Readiness Gates", readinessGates),
];
