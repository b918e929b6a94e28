import { expect, test } from "vitest";
import { ManualClock } from "@/lib/core/clock";
import type { Event } from "@/lib/cluster/resources/types";
import type { ClusterClient } from "./client";
import { EventRecorder } from "./event-recorder";
import { notFound } from "./status";

const pod = (name: string) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace: "shop", uid: `uid-${name}` },
});

function start() {
  const clock = new ManualClock();
  const events = new Map<string, Event>();
  const client = {
    create(_resource: unknown, event: Event) {
      events.set(event.metadata.name, event);
      return Promise.resolve(event);
    },
    patch(_resource: unknown, _namespace: string, name: string, _type: string, patch: Partial<Event>) {
      const event = events.get(name);
      if (!event) return Promise.reject(notFound({ group: "", plural: "events" }, name));
      events.set(name, { ...event, ...patch });
      return Promise.resolve(events.get(name));
    },
  } as unknown as ClusterClient;
  const recorder = new EventRecorder(client, { component: "kubelet", host: "node01" }, clock);
  const told = async () => {
    await recorder.flush();
    return [...events.values()].map(({ count, message }) => `${count} ${message}`);
  };
  return { clock, events, recorder, told };
}

test("equal events are one object whose count and last time grow", async () => {
  const { clock, events, recorder, told } = start();
  for (let time = 0; time < 3; time++) {
    recorder.event(pod("web"), "Warning", "BackOff", "Back-off restarting failed container");
    await clock.advance(60_000);
  }
  recorder.event(
    pod("web"),
    "Warning",
    "BackOff",
    "Back-off restarting failed container",
    "spec.containers{b}",
  );
  recorder.event(pod("db"), "Warning", "BackOff", "Back-off restarting failed container");
  expect(await told()).toEqual([
    "3 Back-off restarting failed container",
    "1 Back-off restarting failed container",
    "1 Back-off restarting failed container",
  ]);
  expect([...events.values()][0]).toMatchObject({
    firstTimestamp: "2026-01-01T00:00:00Z",
    lastTimestamp: "2026-01-01T00:02:00Z",
    source: { component: "kubelet", host: "node01" },
    involvedObject: { kind: "Pod", name: "web", uid: "uid-web" },
  });
});

test("an event that was deleted meanwhile is made anew", async () => {
  const { events, recorder, told } = start();
  recorder.event(pod("web"), "Normal", "Pulled", "Image is there");
  await recorder.flush();
  events.clear();
  recorder.event(pod("web"), "Normal", "Pulled", "Image is there");
  expect(await told()).toEqual(["1 Image is there"]);
});

test("the tenth of one reason in ten minutes joins those that follow; after ten quiet minutes it counts anew", async () => {
  const { clock, recorder, told } = start();
  const say = (from: number, to: number) => {
    for (let number = from; number <= to; number++)
      recorder.event(pod("web"), "Normal", "SuccessfulCreate", `Created pod: web-${number}`);
  };
  say(1, 12);
  const before = await told();
  expect(before).toHaveLength(10);
  expect(before.slice(8)).toEqual([
    "1 Created pod: web-9",
    "3 (combined from similar events): Created pod: web-12",
  ]);
  recorder.event(pod("web"), "Warning", "FailedCreate", "another reason stands alone");
  await clock.advance(600_000);
  say(13, 13);
  expect((await told()).slice(9)).toEqual([
    "4 (combined from similar events): Created pod: web-13",
    "1 another reason stands alone",
  ]);
  await clock.advance(600_001);
  say(14, 14);
  expect((await told()).at(-1)).toBe("1 Created pod: web-14");
});

test("25 events about one object, then one every five minutes; another object has its own", async () => {
  const { clock, recorder, told } = start();
  const say = (name: string) => recorder.event(pod(name), "Warning", "Unhealthy", "probe failed");
  for (let time = 0; time < 40; time++) say("web");
  say("db");
  expect(await told()).toEqual(["25 probe failed", "1 probe failed"]);
  await clock.advance(299_000);
  say("web");
  expect(await told()).toEqual(["25 probe failed", "1 probe failed"]);
  await clock.advance(1000);
  say("web");
  say("web");
  expect(await told()).toEqual(["26 probe failed", "1 probe failed"]);
});
