import { readFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "@/lib/core/paths";
import type { LabFiles } from "@/lib/contract/lab";

/** The lab that docs/authoring.md builds, taken from the page itself. */
export function authoringLab(): LabFiles {
  const page = readFileSync(join(projectRoot, "docs/authoring.md"), "utf8");
  /** The n-th code block of a language. */
  const block = (language: string, index = 0) =>
    [...page.matchAll(new RegExp("```" + language + "\\n([\\s\\S]*?)```", "g"))][index]![1]!;
  return {
    "lab.yaml": block("yaml"),
    "questions/node-address.md": block("markdown"),
    "questions/add-label.md": "Give `node01` the label `zone={{zone}}`.\n",
    "checks.ts": block("ts"),
    "solution.sh": block("bash"),
    "mistakes/label-on-the-wrong-node.sh": block("bash", 1),
  };
}
