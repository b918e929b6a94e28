import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Layout, Script } from "../lab";
import { blocksOf } from "../markdown";
import { preamble, scriptOf, shellLines, solutionBlocks } from "../solution";
import { filesIn, scriptIn, workDir } from "./files";

/**
 * A question as shell scripts: LabSetUp.bash, SolutionNotes.bash, and validate.sh where the author wrote one, or
 * exercises/validate.sh beside all questions, which takes the question's folder.
 */
export const questionScripts: Layout = async (folder) => {
  if (!existsSync(join(folder, "SolutionNotes.bash"))) return undefined;
  const notes = await readFile(join(folder, "SolutionNotes.bash"), "utf8");
  const text = `${preamble}\n${shellLines(notes).join("\n")}\n`;
  const exercises = join(dirname(folder), "exercises");
  const ofExam = existsSync(join(exercises, "validate.sh"))
    ? [{ name: "exercises/validate.sh", text: 'bash exercises/validate.sh "$1"\n', args: [basename(folder)] }]
    : [];
  return {
    nodes: "two",
    files: ofExam.length > 0 ? await filesIn(exercises, join(workDir, "exercises")) : [],
    setup: await scriptIn(folder, "LabSetUp.bash"),
    stages: [
      {
        setup: [],
        solution: { name: "SolutionNotes.bash", text },
        verify: [...(await scriptIn(folder, "validate.sh")), ...ofExam],
      },
    ],
    workDir,
  };
};

/** Such scripts find their manifests in their own folder. */
const besideScripts: Script = {
  name: "beside scripts",
  text: `ln -sfn ${workDir}/manifests "$(dirname "$0")/manifests"\n`,
};

/** A scenario: setup.sh and verify.sh, which take the cluster's name and a kubeconfig, and SOLUTION.md. */
export const scenarioScripts: Layout = async (folder) => {
  if (!existsSync(join(folder, "SOLUTION.md"))) return undefined;
  const args = ["lab", "/root/.kube/config"];
  const text = await readFile(join(folder, "SOLUTION.md"), "utf8");
  return {
    nodes: "two",
    files: await filesIn(join(folder, "manifests"), join(workDir, "manifests")),
    setup: [besideScripts, ...(await scriptIn(folder, "setup.sh", args))],
    stages: [
      {
        setup: [],
        solution: { name: "SOLUTION.md", text: scriptOf(solutionBlocks(blocksOf(text))) },
        verify: await scriptIn(folder, "verify.sh", args),
      },
    ],
    workDir,
  };
};
