import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { tarOf } from "./tar";

test("GNU tar extracts what was put in: contents, modes, long and non-ASCII names", () => {
  const folder = mkdtempSync(join(tmpdir(), "examctl-tar-"));
  try {
    const long = `/etc/${"a-long-folder/".repeat(12)}file`;
    const files = [
      { path: "/etc/empty", content: Buffer.alloc(0), mode: 0o600 },
      { path: "/opt/höhe.txt", content: Buffer.from("x".repeat(513)), mode: 0o644 },
      { path: long, content: Buffer.from([0, 255, 10]), mode: 0o755 },
    ];
    execFileSync("tar", ["-x", "-p", "-C", folder], { input: tarOf(files, Date.UTC(2026, 0, 1)) });
    for (const { path, content, mode } of files) {
      expect(readFileSync(join(folder, path))).toEqual(content);
      expect(statSync(join(folder, path)).mode & 0o777).toBe(mode);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
