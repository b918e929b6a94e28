import { expect, test } from "vitest";
import { AppError } from "@/lib/core/app-error";
import type { LabStatus } from "@/lib/contract/clusterd";
import { freezeLabs } from "./freeze-labs";

type Known = Partial<LabStatus> & Pick<LabStatus, "phase">;

/** A clusterd with these labs; those that run have nodes. `calls` names what was done to which. */
function clusterdWith(known: Record<string, Known>) {
  const labs = new Map(Object.entries(known));
  const calls: string[] = [];
  return {
    calls,
    call: async (method: string, { labId }: { labId: string }) => {
      if (method === "lab.list")
        return { labs: [...labs].map(([id, lab]) => ({ readyAfterMs: 900, ...lab, labId: id })) };
      calls.push(`${method} ${labId}`);
      if (labId === "too-large") throw new AppError("exhausted", "The lab's files do not fit.");
      if (method === "lab.freeze") labs.set(labId, { phase: "frozen" });
      else labs.delete(labId);
      return {};
    },
    runningLabs: async () => [...labs].filter(([, { phase }]) => phase !== "frozen").map(([id]) => id),
  };
}

const freeze = (clusterd: { call: unknown; runningLabs?: () => Promise<string[]> }) =>
  freezeLabs(clusterd as never, clusterd.runningLabs ?? (async () => []));

test("freezes what is ready, and tells of each lab that it could not freeze", async () => {
  const clusterd = clusterdWith({
    one: { phase: "ready" },
    "too-large": { phase: "ready" },
    asleep: { phase: "frozen" },
    two: { phase: "ready" },
  });
  expect(await freeze(clusterd)).toEqual({
    frozen: 2,
    failed: [{ labId: "too-large", reason: "The lab's files do not fit." }],
  });
  expect(clusterd.calls.sort()).toEqual(["lab.freeze one", "lab.freeze too-large", "lab.freeze two"]);
});

test("ends the labs of walks: nobody comes back to them", async () => {
  const clusterd = clusterdWith({ "walk-x": { phase: "ready", idleMsMax: 120_000 } });
  expect(await freeze(clusterd)).toEqual({ frozen: 0, failed: [] });
  expect(clusterd.calls).toEqual(["lab.stop walk-x"]);
});

test("names a lab that was ready once and failed since, and one that clusterd does not know: both have nodes", async () => {
  const clusterd = clusterdWith({
    worked: { phase: "failed", error: "labd did not answer." },
    "never-ready": { phase: "failed", readyAfterMs: undefined },
    going: { phase: "stopping" },
  });
  const running = clusterd.runningLabs;
  clusterd.runningLabs = async () => [...(await running()), "unknown"];
  expect((await freeze(clusterd)).failed).toEqual([
    { labId: "worked", reason: "It is failed: labd did not answer." },
    { labId: "unknown", reason: "clusterd does not know it." },
  ]);
});

test("a clusterd that does not answer is not one without labs", async () => {
  const call = () => Promise.reject(new AppError("unavailable", "clusterd does not answer."));
  await expect(freeze({ call })).rejects.toThrow("clusterd does not answer.");
});

test("waits for a lab that the server is just freezing, and freezes one that was still starting", async () => {
  let looks = 0;
  const frozen: string[] = [];
  const call = async (method: string, { labId }: { labId: string }) => {
    if (method === "lab.freeze") frozen.push(labId);
    const isLate = (looks += 1) >= 4;
    return {
      labs: [
        { labId: "idle", phase: isLate ? "frozen" : "freezing", readyAfterMs: 900 },
        { labId: "begun", phase: isLate ? "ready" : "starting" },
      ],
    };
  };
  expect(await freeze({ call })).toEqual({ frozen: 1, failed: [] });
  expect(frozen).toEqual(["begun"]);
});
