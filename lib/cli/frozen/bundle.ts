import { createReadStream, createWriteStream } from "node:fs";
import { mkdtemp, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import { movedLab, type ClusterdRpc, type FrozenLab, type MovedLab } from "@/lib/contract/clusterd";
import { frozenSandbox, type LabdRpc } from "@/lib/contract/labd";
import { AppError } from "@/lib/core/app-error";
import { runCommand } from "@/lib/core/run-command";
import type { RpcClient } from "@/lib/rpc/client";

export interface Instance {
  clusterd: RpcClient<ClusterdRpc>;
  labd: RpcClient<LabdRpc>;
}

/** A frozen lab as one file: a tar of what clusterd exports and of labd's archive. It holds the lab's keys: mode 0600. */
const members = { about: "lab.json", nodes: "nodes.tar.zst" };
const about = movedLab.extend({ version: z.literal(1), sandbox: frozenSandbox });
const timeoutMs = 120_000;

/** Writes the frozen lab to `file`, whole or not at all. Throws `not-found` and `invalid`. */
export async function exportBundle(
  { clusterd, labd }: Instance,
  frozenId: string,
  file: string,
): Promise<number> {
  const exported = await clusterd.call("frozen.export", { frozenId });
  return inScratch(async (scratch) => {
    const { socket } = await labd.open("frozen.read", { digest: exported.sandbox.digest });
    await pipeline(socket, createWriteStream(join(scratch, members.nodes), { mode: 0o600 }));
    await writeFile(join(scratch, members.about), JSON.stringify({ version: 1, ...exported }), {
      mode: 0o600,
    });
    const draft = `${file}.new`;
    try {
      // tar writes into what is there, and leaves its mode.
      await writeFile(draft, "", { mode: 0o600 });
      const argv = ["tar", "--create", `--file=${draft}`, "--directory", scratch];
      await runCommand([...argv, members.about, members.nodes], { timeoutMs });
      await rename(draft, file);
    } catch (cause) {
      await rm(draft, { force: true });
      throw new AppError(
        "invalid",
        `${file} cannot be written: is there a folder ${dirname(file)}, and room?`,
        { cause },
      );
    }
    return (await stat(file)).size;
  });
}

/** Brings a frozen lab of another host here: it can be woken by its name. Throws `invalid`, `conflict` and `not-found`. */
export async function importBundle(
  { clusterd, labd }: Instance,
  file: string,
): Promise<FrozenLab & Pick<MovedLab, "labId">> {
  if (!(await stat(file).catch(() => undefined))?.isFile())
    throw new AppError("not-found", `There is no file ${file}.`);
  return inScratch(async (scratch) => {
    const { sandbox, manifest, cluster, labId } = await unpack(file, scratch);
    const name = labId === undefined ? {} : { labId };
    const { archives } = await labd.call("frozen.list", {});
    const isNew = !archives.some(({ digest }) => digest === sandbox.digest);
    if (isNew) await sendArchive(labd, sandbox, join(scratch, members.nodes), file);
    try {
      return { ...(await clusterd.call("frozen.import", { manifest, cluster, ...name })), ...name };
    } catch (failure) {
      if (isNew) await labd.call("frozen.remove", { digest: sandbox.digest });
      throw failure;
    }
  });
}

async function sendArchive(
  labd: Instance["labd"],
  sandbox: z.infer<typeof frozenSandbox>,
  archive: string,
  file: string,
): Promise<void> {
  const { socket } = await labd.open("frozen.write", sandbox);
  // A refusal ends the connection, which cuts the sending off.
  const sending = pipeline(createReadStream(archive), socket).catch(() => undefined);
  const isStored = await answerOf(socket);
  await sending;
  if (!isStored) throw new AppError("invalid", `${file} is damaged: copy it again.`);
}

async function unpack(file: string, scratch: string): Promise<z.infer<typeof about>> {
  try {
    // Two plain files by their names: whatever else is in there stays there.
    const argv = ["tar", "--extract", `--file=${file}`, "--no-same-owner", "--directory", scratch];
    await runCommand([...argv, members.about, members.nodes], { timeoutMs });
    return about.parse(JSON.parse(await readFile(join(scratch, members.about), "utf8")));
  } catch (cause) {
    throw new AppError("invalid", `${file} is not a frozen lab that this version of examctl has exported.`, {
      cause,
    });
  }
}

/** labd says with one byte that it has stored what it was sent. */
async function answerOf(socket: AsyncIterable<Buffer>): Promise<boolean> {
  try {
    for await (const chunk of socket) return chunk[0] === 1;
  } catch {
    // Cut off: not stored.
  }
  return false;
}

async function inScratch<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const scratch = await mkdtemp(join(tmpdir(), "examctl-frozen-"));
  try {
    return await work(scratch);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
