import { existsSync } from "node:fs";
import { readFile, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Layout } from "../lab";
import { blocksOf } from "../markdown";
import { scriptOf, solutionBlocks } from "../solution";
import { filesIn, sectionOf } from "./files";

const workDir = "/root/dojo";

/** An exam with exam.conf: manifests/setup for all questions, solutions.md, and a function score_qN that prints "5/8". */
export const dojo: Layout = async (folder, task) => {
  const number = /\d+/.exec(task ?? "")?.[0];
  if (!existsSync(join(folder, "exam.conf")) || number === undefined) return undefined;
  const root = dirname(dirname(folder));
  const exam = `exams/${folder.split("/").at(-1)}`;
  const manifests = (await readdir(join(folder, "manifests/setup")))
    .filter((name) => name !== "namespaces.yaml")
    .sort();
  const padded = number.padStart(2, "0");
  const own = manifests.filter((name) => name.startsWith(`q${padded}-`));
  const apply = ["namespaces.yaml", ...own].map((name) => `kubectl apply -f ${exam}/manifests/setup/${name}`);
  const section = sectionOf(await readFile(join(folder, "solutions.md"), "utf8"), number);
  const here = `cd ${workDir}`;
  const course = `exam/course/${number}`;
  return {
    nodes: "two",
    files: [
      ...(await filesIn(join(root, "scripts/lib"), `${workDir}/scripts/lib`)),
      ...(await filesIn(folder, `${workDir}/${exam}`)),
    ],
    setup: [
      {
        name: "setup",
        text: `${here}\nmkdir -p ${course}\nln -sfn ${workDir}/exam /exam\nln -sfn ${workDir}/exam/course /opt/course
for f in ${exam}/templates/q${padded}-*; do [ -f "$f" ] && cp "$f" ${course}/$(basename "$f" | sed 's/q[0-9]*-//'); done
${apply.join("\n")}\n`,
      },
    ],
    stages: [
      {
        setup: [],
        solution: { name: "solutions.md", text: `${here}\n${scriptOf(solutionBlocks(blocksOf(section)))}` },
        verify: [
          {
            name: `score_q${number}`,
            text: `${here}\nEXAM_DIR=${workDir}/exam/course\nsource ${exam}/scoring-functions.sh
out=$(score_q${number} 2>&1); echo "$out"; last=$(echo "$out" | grep -oE '[0-9]+/[0-9]+' | tail -1)
[ -n "$last" ] && [ "\${last%/*}" = "\${last#*/}" ]\n`,
          },
        ],
      },
    ],
    workDir,
  };
};
