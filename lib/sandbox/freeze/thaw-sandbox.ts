import { AppError } from "@/lib/core/app-error";
import { createSandbox, type SandboxOrigin } from "../create-sandbox";
import type { SandboxHost } from "../host";
import { sandboxPaths } from "../paths";
import { writeRecord, type SandboxRecord } from "../record";
import { slotOf } from "../slots";
import { readFacts, unpackDisk } from "./archive";
import { frozenFacts, type FrozenFacts } from "./facts";

/** Reads what a frozen sandbox is made of. Throws `not-found` when there is none, `invalid` when it is damaged. */
export async function readFrozen(
  host: SandboxHost,
  digest: string,
): Promise<{ archive: string; facts: FrozenFacts }> {
  const archive = await host.frozen.verified(digest);
  const parsed = frozenFacts.safeParse(await readFacts(archive));
  if (!parsed.success)
    throw new AppError("invalid", `The frozen lab ${digest} is of a version that this labd does not read.`, {
      cause: parsed.error,
    });
  return { archive, facts: parsed.data };
}

/**
 * Makes a sandbox from an archive: the same nodes with their files, names, addresses and keys, all processes new.
 * `restore` brings back each booted node's pods. All or nothing, as `createSandbox`.
 */
export async function thawSandbox(
  host: SandboxHost,
  draft: SandboxRecord,
  frozen: { archive: string; facts: FrozenFacts },
  restore: (record: SandboxRecord) => Promise<void>,
): ReturnType<typeof createSandbox> {
  const origin: SandboxOrigin = {
    async fill(_, record) {
      const paths = sandboxPaths(host.paths, record.sandboxId);
      const { baseId } = slotOf(record.slot!);
      await unpackDisk({ paths, baseId, nodes: record.nodes.length }, frozen.archive);
      for (const [index, runtime] of frozen.facts.runtimes.entries())
        await writeRecord(paths.node(index).cri, runtime);
    },
    finish: (_, record) => restore(record),
  };
  return createSandbox(host, draft, origin);
}
