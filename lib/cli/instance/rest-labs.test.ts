import { expect, test } from "vitest";
import { AppError } from "@/lib/core/app-error";
import { restLabs } from "./rest-labs";

function instance({ labs = ["a-one"], answers = true, fits = true } = {}) {
  const held: string[] = [];
  const supervisor = {
    call: async (method: string, { name }: { name: string }) => void held.push(`${method} ${name}`),
  };
  const running = new Set(labs);
  const clusterd = {
    call: async (method: string, { labId }: { labId: string }) => {
      if (!answers)
        throw new AppError("unavailable", "clusterd cannot be reached for lab.list (ECONNREFUSED).");
      if (method === "lab.list")
        return {
          labs: labs.map((id) => ({
            labId: id,
            readyAfterMs: 1,
            phase: running.has(id) ? "ready" : "frozen",
          })),
        };
      if (!fits) throw new AppError("exhausted", "The lab's files do not fit.");
      running.delete(labId);
      return {};
    },
  };
  return {
    held,
    rest: (force = false) =>
      restLabs({
        clusterd: clusterd as never,
        supervisor: supervisor as never,
        runningLabs: async () => [...running],
        force,
      }),
  };
}

test("web is held while labs are put to rest, and stays so", async () => {
  const { rest, held } = instance({ labs: ["a-one", "a-two"] });
  expect(await rest()).toEqual({ frozen: 2, failed: [] });
  expect(held).toEqual(["hold web"]);
});

test("a clusterd that does not answer keeps running labs from being stopped, with the remedy; web goes on", async () => {
  const { rest, held } = instance({ answers: false });
  await expect(rest()).rejects.toMatchObject({ code: "unavailable", details: { labs: ["a-one"] } });
  await expect(rest()).rejects.toThrow(
    /clusterd cannot be reached[^]*would destroy[^]*npm run up[^]*--force/,
  );
  expect(held).toEqual(["hold web", "release web", "hold web", "release web"]);
});

test("a lab that cannot be frozen keeps everything from being stopped, by its name", async () => {
  const { rest, held } = instance({ fits: false });
  await expect(rest()).rejects.toMatchObject({ code: "conflict" });
  await expect(rest()).rejects.toThrow(/a-one: The lab's files do not fit.[^]*--force/);
  expect(held.at(-1)).toBe("release web");
});

test("with force they are given up, and told", async () => {
  const lost = (reason: string) => ({ frozen: 0, failed: [{ labId: "a-one", reason }] });
  expect(await instance({ fits: false }).rest(true)).toEqual(lost("The lab's files do not fit."));
  const { rest } = instance({ answers: false });
  expect(await rest(true)).toEqual(lost("clusterd cannot be reached for lab.list (ECONNREFUSED)."));
});

test("without labs nothing needs clusterd", async () => {
  expect(await instance({ labs: [], answers: false }).rest()).toEqual({ frozen: 0, failed: [] });
});
