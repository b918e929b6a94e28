import { expect, test } from "vitest";
import { ManualClock } from "@/lib/core/clock";
import type { Probe } from "@/lib/cluster/resources/types";
import type { ActionOutcome } from "../actions/action";
import { ProbeWorker, type ProbeKind } from "./probe-worker";

const success: ActionOutcome = { result: "success", output: "" };
const failure: ActionOutcome = { result: "failure", output: "HTTP probe failed with statuscode: 500" };
const refused: ActionOutcome = { result: "failure", output: "connect: connection refused" };

/** A worker of a container that starts now; `answers` in turn, the last one for ever. */
function work(kind: ProbeKind, probe: Probe, answers: ActionOutcome[], eagerMs = 0) {
  const clock = new ManualClock();
  const startMs = clock.now();
  const seen = { runs: [] as number[], outcomes: 0, results: [] as boolean[] };
  const worker = new ProbeWorker({
    kind,
    probe,
    containerStartedAtMs: startMs,
    initial: kind === "liveness",
    clock,
    untilStarted: Promise.resolve(),
    eagerMs,
    run: () => {
      seen.runs.push((clock.now() - startMs) / 1000);
      return Promise.resolve(answers[Math.min(seen.runs.length, answers.length) - 1]!);
    },
    onOutcome: () => (seen.outcomes += 1),
    onResult: (isSuccess) => seen.results.push(isSuccess),
  });
  const pass = async (seconds: number) => {
    for (let tenth = 0; tenth < seconds * 10; tenth++) {
      await new Promise((resolve) => setImmediate(resolve));
      await clock.advance(100);
    }
  };
  return { seen, pass, worker };
}

test("probes come after the initial delay, a period apart, until the worker is stopped", async () => {
  const { seen, pass, worker } = work("readiness", { initialDelaySeconds: 3, periodSeconds: 2 }, [success]);
  await pass(8);
  expect(seen.runs).toEqual([3, 5, 7]);
  expect(seen.results).toEqual([true]);
  worker.stop();
  await pass(4);
  expect(seen.runs).toHaveLength(3);
});

test("a result changes only past its threshold", async () => {
  const { seen, pass, worker } = work(
    "readiness",
    { periodSeconds: 1, failureThreshold: 2, successThreshold: 2 },
    [success, success, failure, success, failure, failure, failure],
  );
  await pass(9);
  expect(seen.results).toEqual([true, false]);
  worker.stop();
});

test("a liveness probe that has failed and a startup probe that has succeeded say no more", async () => {
  const live = work("liveness", { periodSeconds: 1, failureThreshold: 3 }, [success, failure]);
  await live.pass(8);
  expect(live.seen.results).toEqual([false]);
  expect(live.seen.runs).toEqual([0, 1, 2, 3]);
  const startup = work("startup", { periodSeconds: 1, failureThreshold: 5 }, [failure, failure, success]);
  await startup.pass(8);
  expect(startup.seen.results).toEqual([true]);
  expect(startup.seen.runs).toEqual([0, 1, 2]);
});

test("a program that does not listen yet is asked again at once and not told of; one that answers badly is", async () => {
  const early = work("readiness", { periodSeconds: 10 }, [refused, refused, success], 2000);
  await early.pass(1);
  expect(early.seen).toMatchObject({ outcomes: 1, results: [true] });
  early.worker.stop();
  const bad = work("readiness", { periodSeconds: 10, failureThreshold: 1 }, [failure], 2000);
  await bad.pass(3);
  expect(bad.seen).toMatchObject({ runs: [0], outcomes: 1, results: [] });
  bad.worker.stop();
});
