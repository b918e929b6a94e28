import { chmod, open, rename } from "node:fs/promises";

/** Replaces a file whole or not at all, also across a power cut: no reader ever sees half of it. */
export async function replaceFile(path: string, content: string | Buffer, mode = 0o600): Promise<void> {
  const draft = `${path}.new`;
  const file = await open(draft, "w", mode);
  try {
    await file.writeFile(content);
    await file.datasync();
  } finally {
    await file.close();
  }
  await chmod(draft, mode);
  await rename(draft, path);
}
