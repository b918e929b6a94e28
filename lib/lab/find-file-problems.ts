import type { Lab, LabProblem } from "./lab";

const known = [
  /^lab\.yaml$/,
  /^checks\.ts$/,
  /^checks\/.+\.ts$/,
  /^solution\.sh$/,
  /^README\.md$/,
  /^questions\/[^/]+\.md$/,
  /^setup\/[^/]+\.(ya?ml|sh)$/,
  /^mistakes\/[^/]+\.sh$/,
];
const fileCharsMax = 500_000;
/** A script is handed over as one argument of bash; Linux takes 128 KiB at most. */
const scriptBytesMax = 100_000;

/** Files that are missing, that nothing reads, or that are too large. */
export function findFileProblems({ manifest, files, texts, mistakes }: Lab): LabProblem[] {
  const problems: LabProblem[] = [];
  const report = (file: string, path: string, problem: string, remedy: string) =>
    problems.push({ file, path, problem, remedy });

  for (const [file, content] of Object.entries(files)) {
    if (content.length > fileCharsMax)
      report(file, "", `has more than ${fileCharsMax} characters.`, "Make it smaller.");
    if (file.endsWith(".sh") && Buffer.byteLength(content) > scriptBytesMax)
      report(file, "", `is larger than ${scriptBytesMax} bytes.`, "Move data to a manifest in setup/.");
    if (!known.some((pattern) => pattern.test(file)))
      report(
        file,
        "",
        "is read by nothing.",
        "Remove it, or move it to questions/, setup/, mistakes/ or checks/.",
      );
  }
  const referenced = new Set(manifest.questions.map((question) => `questions/${question.file}`));
  manifest.questions.forEach((question, index) => {
    const file = `questions/${question.file}`;
    if (files[file] === undefined)
      report(
        "lab.yaml",
        `questions[${index}].file`,
        `names ${file}, which is not there.`,
        "Add the file or correct the name.",
      );
    else if (texts[question.id]!.body === "")
      report(
        file,
        "",
        "asks nothing: there is no text before its first section.",
        "Write the question above # Hint.",
      );
  });
  for (const file of Object.keys(files)) {
    if (/^questions\/[^/]+\.md$/.test(file) && !referenced.has(file))
      report(file, "", "belongs to no question.", "Name it in lab.yaml or remove it.");
  }

  // Which checks there are is known only when checks.ts runs; a name that occurs nowhere is certainly missing.
  const sources = Object.keys(files)
    .filter((file) => file.endsWith(".ts"))
    .map((file) => files[file]!);
  if (files["checks.ts"] === undefined)
    report(
      "checks.ts",
      "",
      "is missing.",
      "Add it: export default defineChecks({ ... }) with one check a question.",
    );
  else
    for (const id of [...manifest.questions.map((question) => question.id), ...manifest.guards])
      if (!sources.some((source) => new RegExp(`(^|[^\\w-])${id}($|[^\\w-])`).test(source)))
        report("checks.ts", "", `has no check "${id}".`, `Add "${id}" to defineChecks.`);

  const checks = new Set([...manifest.questions.map((question) => question.id), ...manifest.guards]);
  for (const mistake of mistakes) {
    if (mistake.fails.length === 0)
      report(mistake.file, "", "does not say what must fail.", 'Make its first line "# fails: question-id".');
    for (const name of mistake.fails)
      if (!checks.has(name))
        report(
          mistake.file,
          "",
          `names the check "${name}", which the lab does not have.`,
          "Use ids of questions or guards.",
        );
  }
  return problems;
}
