import { link, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AppError } from "@/lib/core/app-error";
import { randomId } from "@/lib/core/ids";
import { withHostLock } from "./host-lock";

/** Ids in one lab: root is `base`, nobody is `base + 65534`. */
export const idsPerSlot = 65_536;
/** 1879048192..2147483647: what systemd's table of uid ranges leaves unused, below the signed limit. */
const firstId = 0x7000_0000;
const slotsMax = 4096;

export interface Slot {
  number: number;
  /** The first uid and gid, on the host, of the lab's range. */
  baseId: number;
}

export function slotOf(number: number): Slot {
  return { number, baseId: firstId + number * idsPerSlot };
}

const draftSuffix = ".new";
const draftAgeMaxMs = 60_000;

/**
 * Takes a number that no other running lab on this host has, whatever its data directory: from it follow the lab's uid
 * range and its names in host-wide tables. A claim is a file that names the lab's record; a claim without a record is
 * left over from a data directory that was removed, and is taken again.
 * Throws `exhausted` when all are in use.
 */
export async function claimSlot(recordPath: string, folder = "/run/examctl-slots"): Promise<Slot> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (let number = 0; number < slotsMax; number++) {
    const path = join(folder, String(number));
    if (await claim(path, recordPath)) return slotOf(number);
    if (!(await isLeftOver(path))) continue;
    // Looked at again under the lock: who else saw the same leftover may have taken its place by now.
    const isOurs = await withHostLock(join(folder, "lock"), async () => {
      if (await isLeftOver(path)) await rm(path, { force: true });
      return claim(path, recordPath);
    });
    if (isOurs) return slotOf(number);
  }
  throw new AppError(
    "exhausted",
    `All ${slotsMax} uid ranges of this host are in use: stop a lab, then try again.`,
  );
}

/** Gives back every number claimed for the record: one, or none. Drafts that a crash has left go, too. */
export async function releaseSlots(recordPath: string, folder = "/run/examctl-slots"): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name);
    if (name.endsWith(draftSuffix) && (await ageMs(path)) > draftAgeMaxMs) await rm(path, { force: true });
    if ((await readFile(path, "utf8").catch(() => "")) === recordPath) await rm(path, { force: true });
  }
}

async function ageMs(path: string): Promise<number> {
  return stat(path).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    () => 0,
  );
}

/** Does it name a record that is no more? A lab's record is written before its claim and removed after it. */
async function isLeftOver(path: string): Promise<boolean> {
  const owner = await readFile(path, "utf8").catch(() => undefined);
  if (owner === undefined) return false;
  return stat(owner).then(
    () => false,
    () => true,
  );
}

/** By a hard link, so that a claim is never seen, or left by a crash, without its owner's name. */
async function claim(path: string, recordPath: string): Promise<boolean> {
  const draft = `${path}.${randomId(12)}${draftSuffix}`;
  try {
    await writeFile(draft, recordPath, { mode: 0o600 });
    await link(draft, path);
    return true;
  } catch (failure) {
    if ((failure as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw failure;
  } finally {
    await rm(draft, { force: true });
  }
}
