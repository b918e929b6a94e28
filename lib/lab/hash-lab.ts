import { createHash } from "node:crypto";
import type { LabFiles } from "@/lib/contract/lab";

/**
 * The content address of a lab: SHA-256 over its files in path order, each as path, NUL, byte length, NUL, bytes.
 * 64 hex digits; equal exactly when every path and byte is equal.
 */
export function hashLab(files: LabFiles): string {
  const hash = createHash("sha256");
  for (const path of Object.keys(files).sort()) {
    const bytes = Buffer.from(files[path]!, "utf8");
    hash.update(`${path}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest("hex");
}
