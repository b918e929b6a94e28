import { expect, test } from "vitest";
import { AppError } from "@/lib/core/app-error";
import { freezeLabs } from "./freeze-labs";

const clusterdWith = (phases: Record<string, string>, frozen: string[]) => ({
  call: async (method: string, input: { labId?: string }) => {
    if (method === "lab.list")
      return { labs: Object.entries(phases).map(([labId, phase]) => ({ labId, phase })) };
    if (input.labId === "too-large") throw new AppError("exhausted", "The lab's files do not fit.");
    frozen.push(input.labId!);
    return {};
  },
});

test("freezes what is ready, and tells of each lab that it could not freeze", async () => {
  const frozen: string[] = [];
  const phases = { one: "ready", "too-large": "ready", asleep: "frozen", begun: "starting", two: "ready" };
  const outcome = await freezeLabs(clusterdWith(phases, frozen) as never);
  expect(frozen.sort()).toEqual(["one", "two"]);
  expect(outcome).toEqual({
    frozen: 2,
    failed: [{ labId: "too-large", reason: "The lab's files do not fit." }],
  });
});

test("an instance that does not run has no labs", async () => {
  const call = () => Promise.reject(new AppError("unavailable", "clusterd does not answer."));
  expect(await freezeLabs({ call } as never)).toEqual({ frozen: 0, failed: [] });
});

test("waits for a lab that the server is just freezing", async () => {
  let looks = 0;
  const call = async () => ({ labs: [{ labId: "idle", phase: ++looks < 4 ? "freezing" : "frozen" }] });
  expect(await freezeLabs({ call } as never)).toEqual({ frozen: 0, failed: [] });
  expect(looks).toBe(4);
});
