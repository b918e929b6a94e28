import { readFile, writeFile } from "node:fs/promises";
import { AppError } from "@/lib/core/app-error";

/**
 * Writes a cluster's kubeconfig, readable by its owner only. Throws AppError `conflict` when the file is there and is not
 * one of a cluster of the same name: nobody's own kubeconfig is overwritten.
 */
export async function writeKubeconfig(path: string, text: string): Promise<void> {
  const before = await readFile(path, "utf8").catch(() => undefined);
  if (before !== undefined && contextOf(before) !== contextOf(text))
    throw new AppError(
      "conflict",
      `${path} exists and belongs to something else. Remove it or name another file with --kubeconfig.`,
    );
  try {
    await writeFile(path, text, { mode: 0o600 });
  } catch (cause) {
    throw new AppError("invalid", `The kubeconfig cannot be written: ${(cause as Error).message}.`, {
      cause,
    });
  }
}

const contextOf = (text: string) => /^current-context: (.*)$/m.exec(text)?.[1] ?? "";
