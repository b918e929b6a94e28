import { AppError } from "@/lib/core/app-error";
import { execInNode, mustExecInNode } from "./exec";
import { tarOf, type TarFile } from "@/lib/core/tar";

/**
 * Files of a running node are read and written by a command inside it: whatever links a student has made there lead
 * to places in the node, never to the host.
 */
export async function writeNodeFiles(control: string, files: TarFile[], nowMs: number): Promise<void> {
  if (files.length === 0) return;
  await mustExecInNode(control, {
    argv: ["tar", "--extract", "--preserve-permissions", "--no-same-owner", "--directory=/", "--file=-"],
    stdin: tarOf(files, nowMs),
    timeoutMs: 60_000,
  });
}

export interface NodeFile {
  content: Buffer;
  mode: number;
  sizeBytes: number;
}

/** The first `bytesMax` bytes of a file. Throws `not-found`, or `invalid` for what is not a readable file. */
export async function readNodeFile(control: string, path: string, bytesMax: number): Promise<NodeFile> {
  const script = 'LC_ALL=C stat -L -c "%a %s %F" -- "$1" && test -f "$1" && head -c "$2" -- "$1"';
  const result = await execInNode(control, {
    argv: ["sh", "-c", script, "read-file", path, String(bytesMax)],
    outputBytesMax: bytesMax + 4096,
  });
  const error = result.stderr.toString("utf8").trim();
  if (/No such file|Not a directory/.test(error))
    throw new AppError("not-found", `The node has no file ${path}.`);
  const headEnd = result.stdout.indexOf(10);
  const head = /^([0-7]+) (\d+) /.exec(result.stdout.toString("latin1", 0, Math.max(headEnd, 0)));
  if (result.exitCode !== 0 || !head)
    throw new AppError(
      "invalid",
      `${path} on the node cannot be read as a file${error ? `: ${error}` : "."}`,
    );
  return {
    content: result.stdout.subarray(headEnd + 1),
    mode: parseInt(head[1]!, 8),
    sizeBytes: Number(head[2]),
  };
}
