// Runs set-up as named steps: one line each with its time, a failing one says what to do and stops the run.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

/** A step that cannot go on. `remedy` is a sentence for the person at the terminal. */
export class StepFailure extends Error {
  constructor(message, { remedy, command, output } = {}) {
    super(message);
    this.remedy = remedy;
    this.command = command;
    this.output = output;
  }
}

/**
 * Runs `steps` in order. A step is `{ title, isDone?(): boolean, run(report): Promise<void> }`; `report(text)` shows
 * progress on the step's line. Throws StepFailure after printing the failure.
 */
export async function runSteps(steps, { quiet = false } = {}) {
  for (const step of steps) await runStep(step, quiet);
}

async function runStep(step, quiet) {
  const startedMs = performance.now();
  const line = progressLine(step.title, quiet);
  try {
    if (step.isDone?.()) {
      line.end("ready", performance.now() - startedMs);
      return;
    }
    await step.run((text) => line.update(text));
    line.end("done", performance.now() - startedMs);
  } catch (failure) {
    line.end("FAILED", performance.now() - startedMs);
    printFailure(step.title, failure);
    failure.reported = true; // whoever catches it need not say it again
    failure.step = step.title;
    throw failure;
  }
}

/**
 * The failure of a step for programs: what `--json` prints under "error". Output is its end.
 * @param {{ message: string, step?: string, command?: string, output?: string, remedy?: string }} failure
 */
export function failureAsJson({ message, step, command, output, remedy }) {
  const details = { step, command, output: output?.trim().split("\n").slice(-25).join("\n"), remedy };
  return { code: "internal", message: step ? `The step "${step}" failed: ${message}` : message, details };
}

function printFailure(title, failure) {
  const say = (text) => process.stderr.write(`${text}\n`);
  say(`\nThe step "${title}" failed: ${failure.message}`);
  if (failure.command) say(`  command: ${failure.command}`);
  if (failure.output)
    say(
      failure.output
        .trim()
        .split("\n")
        .slice(-25)
        .map((line) => `  | ${line}`)
        .join("\n"),
    );
  if (failure.remedy) say(`  remedy:  ${failure.remedy}`);
  say("  Run the same command again when it is mended: what is done stays done.\n");
}

function progressLine(title, quiet) {
  const live = process.stderr.isTTY && !quiet;
  const label = title.padEnd(34);
  if (live) process.stderr.write(`\r\x1b[K  ${label} ...`);
  return {
    // One line shows what is being done; steps that go on side by side take turns on it.
    update(text) {
      if (live)
        process.stderr.write(`\r\x1b[K  ${label} ${text.slice(0, (process.stderr.columns ?? 100) - 40)}`);
    },
    end(state, ms) {
      const text = `  ${label} ${state.padEnd(7)} ${(ms / 1000).toFixed(1).padStart(6)} s\n`;
      process.stderr.write(live ? `\r\x1b[K${text}` : text);
    },
  };
}

/**
 * Runs a command and reports its last line of output as progress. Throws StepFailure with the output's end.
 * @param {string[]} argv
 * @param {{ report?: (text: string) => void, remedy?: string, env?: Record<string, string>, cwd?: string,
 *   timeoutMs?: number }} [options]
 */
export function run(argv, { report, remedy, env, cwd = root, timeoutMs = 1_200_000 } = {}) {
  return new Promise((resolve, reject) => {
    const [program, ...args] = argv;
    const child = spawn(program, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    const take = (chunk) => {
      output = (output + chunk).slice(-100_000);
      const last = output.trimEnd().split("\n").at(-1)?.trim();
      if (last) report?.(last);
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
    const fail = (message) => reject(new StepFailure(message, { remedy, command: argv.join(" "), output }));
    child.on("error", (cause) => fail(cause.message));
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve(output);
      else fail(signal ? `it was ended by ${signal}` : `it exited with ${code}`);
    });
  });
}

/** A hash over the contents of files and folders (relative to the project), for "is this still up to date?". */
export function hashOf(paths, { ignore = () => false } = {}) {
  const hash = createHash("sha256");
  const visit = (path) => {
    const full = join(root, path);
    if (!existsSync(full) || ignore(path)) return;
    if (statSync(full).isDirectory()) {
      for (const name of readdirSync(full).sort()) visit(join(path, name));
    } else {
      hash.update(path).update("\0").update(readFileSync(full)).update("\0");
    }
  };
  for (const path of paths) visit(path);
  return hash.digest("hex");
}

/** Remembers that something was made from inputs with this hash: `stamp("next").matches(hash)`. */
export function stamp(name) {
  const file = join(root, "node_modules", ".examctl", name);
  return {
    matches: (hash) => existsSync(file) && readFileSync(file, "utf8") === hash,
    write: (hash) => {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, hash);
    },
  };
}
