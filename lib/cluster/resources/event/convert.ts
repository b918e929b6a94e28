import type { KubeObject } from "../kind";

/** Field of events.k8s.io/v1 -> field of core/v1; the rest has the same name in both. */
const renamed: Record<string, string> = {
  regarding: "involvedObject",
  note: "message",
  reportingController: "reportingComponent",
  deprecatedSource: "source",
  deprecatedFirstTimestamp: "firstTimestamp",
  deprecatedLastTimestamp: "lastTimestamp",
  deprecatedCount: "count",
};
const back = Object.fromEntries(Object.entries(renamed).map(([from, to]) => [to, from]));

function rename(object: KubeObject, names: Record<string, string>, apiVersion: string): KubeObject {
  const fields = Object.entries(object).map(([key, value]) => [names[key] ?? key, value]);
  return { ...(Object.fromEntries(fields) as KubeObject), apiVersion };
}

export const eventToCore = (object: KubeObject): KubeObject => rename(object, renamed, "v1");
export const eventFromCore = (object: KubeObject): KubeObject => rename(object, back, "events.k8s.io/v1");
