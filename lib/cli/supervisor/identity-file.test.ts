import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readConfig } from "@/lib/config";
import { IdentityFile } from "./identity-file";

test("a reader never meets half a file while one process after the other ends", async () => {
  const runDir = await mkdtemp(join(tmpdir(), "examctl-identities-"));
  try {
    const config = { ...readConfig(), runDir };
    const file = new IdentityFile(config);
    const writes: Promise<void>[] = [];
    for (let pid = 1; pid <= 40; pid++) {
      writes.push(file.set(`process-${pid}`, { pid, startTicks: "1" }));
      await new IdentityFile(config).read();
    }
    for (let pid = 1; pid < 40; pid++) writes.push(file.set(`process-${pid}`, undefined));
    await Promise.all(writes);
    expect(await file.read()).toEqual([{ pid: 40, startTicks: "1" }]);
    await file.remove();
    expect(await file.read()).toEqual([]);
  } finally {
    await rm(runDir, { recursive: true, force: true });
  }
});
