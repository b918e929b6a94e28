import { expect, test } from "vitest";
import { ManualClock } from "@/lib/core/clock";
import { SchedulingQueue } from "./queue";

const settle = () => new Promise((resolve) => setImmediate(resolve));

/** What can be taken without waiting. */
async function ready(queue: SchedulingQueue): Promise<string[]> {
  const taken: string[] = [];
  for (;;) {
    const next = await Promise.race([queue.take(), settle().then(() => undefined)]);
    if (next === undefined) return taken;
    taken.push(next);
  }
}

test("the most important pod first, then the oldest", async () => {
  const queue = new SchedulingQueue(new ManualClock());
  queue.add("a", 0);
  queue.add("b", 10);
  queue.add("c", 10);
  queue.add("gone", 100);
  queue.remove("gone");
  expect([await queue.take(), await queue.take(), await queue.take()]).toEqual(["b", "c", "a"]);
});

test("a pod that did not fit waits for an event that concerns what refused it, and for its back-off", async () => {
  const clock = new ManualClock();
  const queue = new SchedulingQueue(clock);
  queue.add("a", 0);
  await queue.take();
  queue.park("a", new Set(["NodeResourcesFit"]));
  queue.signal("node-labels");
  await clock.advance(2000);
  await clock.advance(0);
  queue.signal("pod-gone");
  expect(await queue.take()).toBe("a");
  queue.park("a", new Set(["NodeResourcesFit"]));
  queue.signal("pod-gone");
  let isTaken = false;
  const next = queue.take().then((key) => {
    isTaken = true;
    return key;
  });
  await clock.advance(1999);
  await settle();
  expect(isTaken).toBe(false);
  await clock.advance(1);
  expect(await next).toBe("a");
});

test.each([
  ["node-gone", ["NodeResourcesFit"], false],
  ["node-gone", ["PodTopologySpread"], true],
  ["node-added", ["NodeResourcesFit"], true],
  ["node-allocatable", ["NodeAffinity"], false],
  ["volumes", ["VolumeBinding"], true],
] as const)("%s wakes a pod that %s refused: %s", async (event, plugins, isWoken) => {
  const clock = new ManualClock();
  const queue = new SchedulingQueue(clock);
  queue.add("a", 0);
  await queue.take();
  queue.park("a", new Set(plugins));
  await clock.advance(20_000);
  queue.signal(event);
  expect(await ready(queue)).toEqual(isWoken ? ["a"] : []);
});

test("a pod that changes is tried at once, one that failed by an error after its back-off, any after five minutes", async () => {
  const clock = new ManualClock();
  const queue = new SchedulingQueue(clock);
  queue.add("a", 0);
  await queue.take();
  queue.park("a", new Set(["NodeAffinity"]));
  queue.add("a", 0);
  expect(await queue.take()).toBe("a");
  queue.park("a");
  await clock.advance(2000);
  expect(await queue.take()).toBe("a");
  queue.park("a", new Set(["NodeAffinity"]));
  await clock.advance(300_000);
  expect(await queue.take()).toBe("a");
});

test("closing lets go of who waits", async () => {
  const queue = new SchedulingQueue(new ManualClock());
  const next = queue.take();
  queue.close();
  expect(await next).toBeUndefined();
  queue.add("a", 0);
  expect(await ready(queue)).toEqual([]);
});
