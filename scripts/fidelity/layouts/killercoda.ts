import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Layout, Script, Stage } from "../lab";
import { blocksOf } from "../markdown";
import { scriptOf, solutionBlocks } from "../solution";
import { scriptIn, workDir } from "./files";
import { assetList, assetsOf } from "./killercoda-assets";

const page = z.looseObject({
  text: z.string().optional(),
  background: z.string().optional(),
  foreground: z.string().optional(),
  courseData: z.string().optional(),
  verify: z.string().optional(),
});
const scenario = z.looseObject({
  details: z.looseObject({
    intro: page.optional(),
    steps: z.array(page).default([]),
    assets: assetList.default({}),
  }),
  backend: z.looseObject({ imageid: z.string() }).optional(),
});

/** Killercoda: index.json names the texts of the steps, what prepares each and what checks it. */
export const killercoda: Layout = async (folder) => {
  if (!existsSync(join(folder, "index.json"))) return undefined;
  const { details, backend } = scenario.parse(JSON.parse(await readFile(join(folder, "index.json"), "utf8")));
  // What runs in the foreground beside a script in the background waits for that.
  const setupOf = async (one: z.infer<typeof page> | undefined): Promise<Script[]> =>
    (
      await Promise.all(
        [one?.courseData, one?.background ?? one?.foreground].map((name) => scriptIn(folder, name)),
      )
    ).flat();
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
  const setup = await setupOf(details.intro);
  const isBare = backend?.imageid.startsWith("ubuntu") ?? false;
  return {
    nodes: isBare || backend?.imageid.includes("1node") ? "one" : "two",
    freshPodCidr: isBare ? initRange(setup.map(({ text }) => text).join("\n")) : undefined,
    files: await assetsOf(folder, details.assets),
    setup,
    stages: checkedStages(stages),
    workDir,
  };
};

/** A step that is not checked is done on the way to the next one that is. */
function checkedStages(stages: Stage[]): Stage[] {
  if (stages.every(({ verify }) => verify.length === 0)) return stages;
  let before: Script[] = [];
  return stages.flatMap((stage) => {
    if (stage.verify.length === 0) {
      before.push(...stage.setup, stage.solution);
      return [];
    }
    const checked = { ...stage, setup: [...before, ...stage.setup] };
    before = [];
    return [checked];
  });
}

/** The range that `kubeadm init` is given by scripts that make their own cluster; undefined when they make none. */
function initRange(scripts: string): string | undefined {
  if (!/^\s*(?:sudo )?kubeadm init\b/m.test(scripts)) return undefined;
  const given = /--pod-network-cidr[= ]["']?([^\s"']+)/.exec(scripts)?.[1] ?? "10.244.0.0/16";
  const variable = /^\$\{?(\w+)\}?$/.exec(given)?.[1];
  if (variable === undefined) return given;
  return new RegExp(`^\\s*(?:export )?${variable}=["']?([\\d./]+)`, "m").exec(scripts)?.[1];
}
