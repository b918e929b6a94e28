import { nameColumn, text, wide } from "../columns/columns";
import { since } from "../columns/duration";
import { defineKind } from "../define-kind";
import type { FieldError, KubeObject, PrinterColumn } from "../kind";
import type { Event } from "../types";
import { invalid } from "../validation/errors";
import { eventFromCore, eventToCore } from "./convert";

function source(event: Event): string {
  const { component, host } = event.source ?? {};
  const shown = [component || event.reportingComponent, host || (component ? "" : event.reportingInstance)];
  return shown.filter(Boolean).join(", ");
}

const firstSeen = (event: Event, nowMs: number) => since(event.firstTimestamp || event.eventTime, nowMs);

function lastSeen(event: Event, nowMs: number): string {
  if (event.series) return since(event.series.lastObservedTime, nowMs);
  return event.lastTimestamp ? since(event.lastTimestamp, nowMs) : firstSeen(event, nowMs);
}

const columns: PrinterColumn<Event>[] = [
  text("Last Seen", (event, { nowMs }) => lastSeen(event, nowMs)),
  text("Type", ({ type }) => type ?? ""),
  text("Reason", ({ reason }) => reason ?? ""),
  text("Object", ({ involvedObject: { kind = "", name } }) =>
    name ? `${kind.toLowerCase()}/${name}` : kind.toLowerCase(),
  ),
  wide("Subobject", ({ involvedObject }) => involvedObject.fieldPath ?? ""),
  wide("Source", source),
  text("Message", ({ message }) => (message ?? "").trim()),
  wide("First Seen", (event, { nowMs }) => firstSeen(event, nowMs)),
  wide("Count", ({ series, count }) => String(series ? (series.count ?? 0) : count || 1)),
  nameColumn({ priority: 1 }),
];

function validate(event: Event): FieldError[] {
  const { namespace } = event.metadata;
  const involved = event.involvedObject?.namespace;
  if (involved ? involved === namespace : namespace === "default") return [];
  return involved || namespace !== "kube-system"
    ? [invalid("involvedObject.namespace", involved ?? "", "does not match event.namespace")]
    : [];
}

const selectable = {
  "involvedObject.kind": ({ involvedObject }: Event) => involvedObject?.kind ?? "",
  "involvedObject.namespace": ({ involvedObject }: Event) => involvedObject?.namespace ?? "",
  "involvedObject.name": ({ involvedObject }: Event) => involvedObject?.name ?? "",
  "involvedObject.uid": ({ involvedObject }: Event) => involvedObject?.uid ?? "",
  "involvedObject.apiVersion": ({ involvedObject }: Event) => involvedObject?.apiVersion ?? "",
  "involvedObject.resourceVersion": ({ involvedObject }: Event) => involvedObject?.resourceVersion ?? "",
  "involvedObject.fieldPath": ({ involvedObject }: Event) => involvedObject?.fieldPath ?? "",
  reason: ({ reason }: Event) => reason ?? "",
  reportingComponent: ({ reportingComponent }: Event) => reportingComponent ?? "",
  source: ({ source, reportingComponent }: Event) => source?.component || (reportingComponent ?? ""),
  type: ({ type }: Event) => type ?? "",
};

/** Events are kept in the core version; events.k8s.io/v1 is another face of the same collection. */
export const event = defineKind<Event>("", "Event", { columns, selectableFields: selectable, validate });

const newNames = Object.entries(selectable)
  .filter(([name]) => name !== "source")
  .map(([name, read]): [string, (object: KubeObject) => string] => [
    name.replace("involvedObject", "regarding").replace("reportingComponent", "reportingController"),
    (object) => read(eventToCore(object) as Event),
  ]);

export const newEvent = defineKind<KubeObject>("events.k8s.io", "Event", {
  selectableFields: Object.fromEntries(newNames),
  columns: columns.map((one) => ({
    ...one,
    cell: (object: KubeObject, context: { nowMs: number }) => one.cell(eventToCore(object) as Event, context),
  })),
  storage: { group: "", version: "v1", toStored: eventToCore, fromStored: eventFromCore },
});
