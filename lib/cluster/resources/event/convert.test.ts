import { expect, test } from "vitest";
import { kinds } from "../index";
import { eventFromCore, eventToCore } from "./convert";

const core = {
  apiVersion: "v1",
  kind: "Event",
  metadata: { name: "web.1", namespace: "default" },
  involvedObject: { kind: "Pod", name: "web", namespace: "default" },
  reason: "Started",
  message: "Started container web",
  source: { component: "kubelet", host: "node01" },
  count: 2,
  reportingComponent: "kubelet",
};

test("the two faces of an event carry the same facts", () => {
  const other = eventFromCore(core);
  expect(other).toMatchObject({
    apiVersion: "events.k8s.io/v1",
    regarding: core.involvedObject,
    note: core.message,
    deprecatedSource: core.source,
    deprecatedCount: 2,
    reportingController: "kubelet",
  });
  expect(eventToCore(other)).toEqual(core);
});

test("both can be selected by what they are about", () => {
  const of = (group: string) =>
    kinds.find((kind) => kind.group === group && kind.kind === "Event")?.selectableFields;
  expect(of("")?.["involvedObject.name"]?.(core)).toBe("web");
  expect(of("events.k8s.io")?.["regarding.name"]?.(eventFromCore(core))).toBe("web");
  expect(of("events.k8s.io")?.["involvedObject.name"]).toBeUndefined();
});
