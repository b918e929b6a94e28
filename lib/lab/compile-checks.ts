import { join, posix } from "node:path";
import type { Message, Plugin } from "esbuild";
import { AppError } from "@/lib/core/app-error";
import { projectPath } from "@/lib/core/paths";
import type { LabFiles } from "@/lib/contract/lab";
import { formatProblem, type LabProblem } from "./lab";

const guestFolder = projectPath("lib/checker/guest");
/** Far above any real lab; what is compiled is stored with every version and parsed in every run. */
const compiledCharsMax = 1_000_000;

/**
 * checks.ts with what it imports, as one self-contained script for the checker's sandbox (JavaScript, no imports).
 * A checks file may import "examctl/checks" and TypeScript files of its own lab; nothing is evaluated here.
 * Throws `invalid` with `details.problems` (file, line, what) for syntax errors and forbidden imports.
 */
export async function compileChecks(files: LabFiles): Promise<string> {
  if (files["checks.ts"] === undefined)
    throw failure([
      { file: "checks.ts", path: "", problem: "is missing.", remedy: "Add one: docs/authoring.md." },
    ]);
  const { build } = await import("esbuild");
  try {
    const result = await build({
      stdin: {
        contents:
          'import checks from "lab:checks.ts";\nimport { serve } from "examctl:runtime";\nserve(checks);\n',
        loader: "ts",
        sourcefile: "entry.ts",
      },
      plugins: [labFilesPlugin(files)],
      bundle: true,
      write: false,
      format: "iife",
      platform: "neutral",
      target: "es2022",
      charset: "utf8",
      legalComments: "none",
      treeShaking: true,
      tsconfigRaw: {},
      logLevel: "silent",
    });
    const source = result.outputFiles[0]!.text;
    if (source.length > compiledCharsMax)
      throw failure([
        {
          file: "checks.ts",
          path: "",
          problem: `compiles to more than ${compiledCharsMax} characters.`,
          remedy: "Make it smaller.",
        },
      ]);
    return source;
  } catch (error) {
    const messages = (error as { errors?: Message[] }).errors;
    if (!Array.isArray(messages)) throw error;
    throw failure(messages.map(toProblem));
  }
}

/** Serves imports from the lab's files and nothing else but the check API. */
function labFilesPlugin(files: LabFiles): Plugin {
  return {
    name: "lab-files",
    setup(build) {
      build.onResolve({ filter: /^examctl:runtime$/ }, () => ({ path: join(guestFolder, "runtime.ts") }));
      build.onResolve({ filter: /^examctl\/checks$/ }, () => ({ path: join(guestFolder, "api.ts") }));
      build.onResolve({ filter: /^lab:/ }, ({ path }) => ({ path: path.slice(4), namespace: "lab" }));
      build.onResolve({ filter: /.*/, namespace: "lab" }, ({ path, importer }) => {
        if (!path.startsWith("."))
          return forbidden(
            `imports "${path}": checks may import only "examctl/checks" and files of their lab.`,
          );
        const target = posix.normalize(posix.join(posix.dirname(importer), path));
        const found = [target, `${target}.ts`, target.replace(/\.js$/, ".ts")].find(
          (name) => name.endsWith(".ts") && Object.hasOwn(files, name),
        );
        return found === undefined
          ? forbidden(`imports "${path}", which is no TypeScript file of the lab.`)
          : { path: found, namespace: "lab" };
      });
      build.onLoad({ filter: /.*/, namespace: "lab" }, ({ path }) => ({
        contents: files[path]!,
        loader: "ts",
      }));
    },
  };
}

function forbidden(text: string) {
  return { errors: [{ text }] };
}

function toProblem({ text, location }: Message): LabProblem {
  return {
    file: location ? location.file.replace(/^lab:/, "") : "checks.ts",
    ...(location ? { line: location.line } : {}),
    path: "",
    problem: /[.!?]$/.test(text) ? text : `${text}.`,
    remedy: "",
  };
}

function failure(problems: LabProblem[]): AppError {
  return new AppError("invalid", `The checks do not compile:\n${problems.map(formatProblem).join("\n")}`, {
    details: { problems },
  });
}
