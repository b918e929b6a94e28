import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { generateSshKeyPair } from "./ssh-keys";

test("ssh-keygen reads the private key and derives the same public key", () => {
  const folder = mkdtempSync(join(tmpdir(), "examctl-ssh-"));
  try {
    const pair = generateSshKeyPair("root@controlplane");
    const file = join(folder, "id");
    writeFileSync(file, pair.privateKey, { mode: 0o600 });
    expect(execFileSync("ssh-keygen", ["-y", "-f", file], { encoding: "utf8" })).toBe(pair.publicKey);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
