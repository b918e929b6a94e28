import type { CheckResult } from "@/lib/contract/check";
import type { ClusterdRpc } from "@/lib/contract/clusterd";
import { AppError } from "@/lib/core/app-error";
import { compileChecks } from "@/lib/lab/compile-checks";
import { drawParameters } from "@/lib/lab/draw-parameters";
import { formatProblem } from "@/lib/lab/lab";
import { inspectLab } from "@/lib/lab/load-lab";
import { readLabFolder } from "@/lib/lab/read-lab-folder";
import { renderQuestion } from "@/lib/lab/render-question";
import { scoreAttempt } from "@/lib/lab/score-attempt";
import { RunningLab } from "@/lib/lab/walk/running-lab";
import type { Answers } from "@/lib/lab/walk/read-answers";
import type { RpcClient } from "@/lib/rpc/client";

export interface Desk {
  running: RunningLab;
  /** The control plane, where a student's shell is. */
  node: string;
  /** As the files are now. */
  questions(): Promise<string>;
  /** Grades what is in the cluster, by the checks as they are now, with the answers of the solution if it was played. */
  grade(): Promise<string>;
  /** Plays solution.sh as it is now. */
  solve(): Promise<string>;
}

/**
 * One attempt of a lab that is being written. Its cluster stays what it was at the start; questions, checks and solution are read
 * from the folder each time they are asked for. Throws `invalid` when the lab cannot start as it is.
 */
export async function openDesk(
  folder: string,
  attempt: { labId: string; seed: string },
  clusterd: RpcClient<ClusterdRpc>,
): Promise<Desk> {
  const read = async () => {
    const files = await readLabFolder(folder);
    const { lab, problems } = inspectLab(files);
    if (!lab || problems.length > 0) throw invalid(problems.map(formatProblem));
    const parameters = drawParameters(lab.manifest, attempt.seed);
    return { files, lab, parameters };
  };
  const open = async () => {
    const { files, lab, parameters } = await read();
    const source = await compileChecks(files);
    return { lab, running: new RunningLab(attempt.labId, lab, source, parameters, clusterd) };
  };
  let answers: Answers = {};
  const { running } = await open();
  return {
    running,
    node: running.desk,
    questions: async () => {
      const { lab, parameters } = await read();
      return lab.manifest.questions
        .map(({ id }, index) => {
          const { title, points, bodyMarkdown, options } = renderQuestion(lab, id, parameters, attempt.seed);
          const choices = options.map((option) => `  ( ) ${option}`);
          return [`${index + 1}. ${title} (${id}, ${points})`, bodyMarkdown.trim(), ...choices].join("\n");
        })
        .join("\n\n");
    },
    grade: async () => {
      const { lab, running } = await open();
      const results = await running.check(answers);
      const { points, pointsMax, passed } = scoreAttempt(lab.manifest, results);
      return [
        ...results.map(describeResult),
        `${points} of ${pointsMax} points: ${passed ? "passed" : "not passed"}`,
      ].join("\n");
    },
    solve: async () => {
      const { lab, running } = await open();
      if (lab.solution === undefined) return "There is no solution.sh.";
      const played = await running.play(lab.solution);
      answers = played.answers;
      return played.problems.length > 0 ? played.problems.join("\n") : "The solution has run.";
    },
  };
}

function invalid(problems: string[]): AppError {
  return new AppError("invalid", problems.join("\n"));
}

function describeResult({ questionId, outcome, points, pointsMax, evidence, reason }: CheckResult): string {
  const failed = evidence.filter(({ passed }) => !passed);
  const why = failed.length > 0 || outcome === "passed" ? [] : [`       ${reason}`];
  return [
    `${outcome === "passed" ? "ok  " : "FAIL"} ${questionId} ${points}/${pointsMax}`,
    ...failed.map(
      ({ label, expected, seen, source }) => `       ${label}: expected ${expected}, saw ${seen} (${source})`,
    ),
    ...why,
  ].join("\n");
}
