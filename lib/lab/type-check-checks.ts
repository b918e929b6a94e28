import { join } from "node:path";
import type { CompilerOptions } from "typescript";
import { projectPath } from "@/lib/core/paths";
import type { LabFiles } from "@/lib/contract/lab";
import type { LabProblem } from "./lab";

/** Where the lab's files are while the compiler looks at them; nothing is written. */
const folder = projectPath("labs", ".checked");
const apiFile = projectPath("lib/checker/guest/api.ts");

/**
 * Type errors of checks.ts and what it imports, against the check API. Takes about a second. Only the language's own
 * library is there: no DOM, no Node.
 */
export async function typeCheckChecks(files: LabFiles): Promise<LabProblem[]> {
  const { default: ts } = await import("typescript");
  const sources = new Map(
    Object.entries(files)
      .filter(([path]) => path.endsWith(".ts"))
      .map(([path, text]) => [join(folder, path), text]),
  );
  const options: CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    lib: ["lib.es2023.d.ts"],
    types: [],
    strict: true,
    noUncheckedIndexedAccess: true,
    noEmit: true,
    skipLibCheck: true,
    paths: { "examctl/checks": [apiFile] },
  };
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists, getSourceFile } = host;
  host.readFile = (path) => sources.get(path) ?? readFile(path);
  host.fileExists = (path) => sources.has(path) || fileExists(path);
  host.getSourceFile = (path, language, ...rest) => {
    const text = sources.get(path);
    return text === undefined
      ? getSourceFile(path, language, ...rest)
      : ts.createSourceFile(path, text, language);
  };
  const program = ts.createProgram([join(folder, "checks.ts")], options, host);
  return ts
    .getPreEmitDiagnostics(program)
    .filter(({ file }) => file !== undefined && sources.has(file.fileName))
    .map(({ file, start, messageText }) => ({
      file: file!.fileName.slice(folder.length + 1),
      line: file!.getLineAndCharacterOfPosition(start ?? 0).line + 1,
      path: "",
      problem: `${ts.flattenDiagnosticMessageText(messageText, " ").replace(/\.$/, "")}.`,
      remedy: "",
    }));
}
