import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Layout } from "../lab";
import { blocksOf } from "../markdown";
import { scriptOf, solutionBlocks } from "../solution";
import { scriptIn, sectionOf, workDir } from "./files";

const assessment = z.looseObject({
  questions: z.array(
    z.looseObject({
      id: z.coerce.string(),
      verification: z.array(z.looseObject({ verificationScriptFile: z.string() })).default([]),
    }),
  ),
});

/** CK-X: assessment.json names the scripts that check a question; answers.md has a section for each. */
export const ckX: Layout = async (folder, task) => {
  if (!existsSync(join(folder, "assessment.json"))) return undefined;
  const number = /\d+/.exec(task ?? "")?.[0];
  const { questions } = assessment.parse(JSON.parse(await readFile(join(folder, "assessment.json"), "utf8")));
  const question = questions.find(({ id }) => id === number);
  if (!question || number === undefined) return undefined;
  const answer = sectionOf(await readFile(join(folder, "answers.md"), "utf8"), number);
  const verify = question.verification.map(
    ({ verificationScriptFile }) => `scripts/validation/${verificationScriptFile}`,
  );
  return {
    nodes: "two",
    files: [],
    setup: await scriptIn(folder, `scripts/setup/q${number}_setup.sh`),
    stages: [
      {
        setup: [],
        solution: {
          name: "answers.md",
          text: `mkdir -p /tmp/exam\n${scriptOf(solutionBlocks(blocksOf(answer)))}`,
        },
        verify: (await Promise.all(verify.map((name) => scriptIn(folder, name)))).flat(),
      },
    ],
    workDir,
  };
};
