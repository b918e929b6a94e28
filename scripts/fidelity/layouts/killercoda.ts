import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Layout, Script, Stage } from "../lab";
import { blocksOf } from "../markdown";
import { scriptOf, solutionBlocks } from "../solution";
import { filesIn, scriptIn, workDir } from "./files";

const page = z.looseObject({
  text: z.string().optional(),
  background: z.string().optional(),
  foreground: z.string().optional(),
  courseData: z.string().optional(),
  verify: z.string().optional(),
});
const scenario = z.looseObject({
  details: z.looseObject({ intro: page.optional(), steps: z.array(page).default([]) }),
  backend: z.looseObject({ imageid: z.string() }).optional(),
});

/** Killercoda: index.json names the texts of the steps, what prepares each and what checks it. */
export const killercoda: Layout = async (folder) => {
  if (!existsSync(join(folder, "index.json"))) return undefined;
  const { details, backend } = scenario.parse(JSON.parse(await readFile(join(folder, "index.json"), "utf8")));
  const setupOf = async (one: z.infer<typeof page> | undefined): Promise<Script[]> =>
    (await Promise.all([one?.courseData, one?.background].map((name) => scriptIn(folder, name)))).flat();
  const stages = await Promise.all(
    details.steps.map(async (step): Promise<Stage> => {
      const text = step.text ? await readFile(join(folder, step.text), "utf8") : "";
      return {
        setup: await setupOf(step),
        solution: { name: step.text ?? "solution", text: scriptOf(solutionBlocks(blocksOf(text))) },
        verify: await scriptIn(folder, step.verify),
      };
    }),
  );
  return {
    nodes: backend?.imageid.includes("1node") ? "one" : "two",
    files: await filesIn(join(folder, "assets"), join(workDir, "assets")),
    setup: await setupOf(details.intro),
    stages: stages.filter(({ verify }) => verify.length > 0),
    workDir,
  };
};
