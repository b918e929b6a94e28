import { AppError } from "@/lib/core/app-error";
import { labFiles, type LabFiles } from "@/lib/contract/lab";
import { findContentProblems } from "./find-content-problems";
import { findFileProblems } from "./find-file-problems";
import { formatProblem, type Lab, type LabProblem, type Mistake, type SetupFile } from "./lab";
import { readManifest } from "./read-manifest";
import { readQuestion } from "./read-question";

/**
 * Reads and validates a lab from its files. Pure: nothing is compiled or run.
 * Throws AppError `invalid` whose message lists every problem, one a line, and whose `details.problems` are the same
 * as `LabProblem[]`.
 */
export function loadLab(files: LabFiles): Lab {
  const { lab, problems } = inspectLab(files);
  if (lab && problems.length === 0) return lab;
  const count = problems.length === 1 ? "one problem" : `${problems.length} problems`;
  throw new AppError("invalid", `The lab has ${count}:\n${problems.map(formatProblem).join("\n")}`, {
    details: { problems },
  });
}

/** As `loadLab`, for editors: problems are a result. `lab` is there as soon as lab.yaml can be read. */
export function inspectLab(files: LabFiles): { lab: Lab | undefined; problems: LabProblem[] } {
  const paths = labFiles.safeParse(files);
  if (!paths.success) {
    const bad = Object.keys(files).filter((path) => !labFiles.safeParse({ [path]: "" }).success);
    const remedy = "Use letters, digits, '.', '_' and '-' in names, and text in files.";
    return {
      lab: undefined,
      problems: (bad.length > 0 ? bad : [""]).map((file) => ({
        file,
        path: "",
        problem: "cannot be part of a lab.",
        remedy,
      })),
    };
  }
  const manifestText = files["lab.yaml"];
  if (manifestText === undefined)
    return {
      lab: undefined,
      problems: [
        {
          file: "lab.yaml",
          path: "",
          problem: "is missing.",
          remedy: "Add it: docs/authoring.md shows one.",
        },
      ],
    };
  const { manifest, problems, lineOf } = readManifest(manifestText);
  if (!manifest) return { lab: undefined, problems };
  const lab: Lab = {
    manifest,
    files,
    texts: Object.fromEntries(
      manifest.questions.map(({ id, file }) => [id, readQuestion(files[`questions/${file}`] ?? "")]),
    ),
    setup: below(files, "setup/").map(readSetup),
    solution: files["solution.sh"],
    mistakes: below(files, "mistakes/").map(readMistake),
  };
  const all = [...findFileProblems(lab), ...findContentProblems(lab)].map((found) =>
    found.file === "lab.yaml" && found.line === undefined
      ? {
          ...found,
          line: lineOf(
            found.path.match(/[^.[\]]+/g)?.map((step) => (/^\d+$/.test(step) ? Number(step) : step)) ?? [],
          ),
        }
      : found,
  );
  return { lab, problems: all };
}

function below(files: LabFiles, folder: string): { file: string; content: string }[] {
  return Object.entries(files)
    .filter(([path]) => path.startsWith(folder))
    .map(([file, content]) => ({ file, content }))
    .sort((a, b) => (a.file < b.file ? -1 : 1));
}

function readSetup({ file, content }: { file: string; content: string }): SetupFile {
  return {
    name: file.slice("setup/".length),
    kind: file.endsWith(".sh") ? "script" : /\.faults\.ya?ml$/.test(file) ? "faults" : "manifest",
    content,
    node: /^#\s*node:\s*(\S+)\s*$/m.exec(content)?.[1],
  };
}

function readMistake({ file, content }: { file: string; content: string }): Mistake {
  const names = /^#\s*fails:(.*)/.exec(content)?.[1] ?? "";
  return { file, content, fails: names.split(/[\s,]+/).filter(Boolean) };
}
