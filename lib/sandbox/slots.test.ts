import { existsSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { claimSlot, idsPerSlot, releaseSlots, slotOf } from "./slots";

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "examctl-slots-"))));
afterEach(() => rmSync(folder, { recursive: true }));

function record(name: string): string {
  const path = join(folder, `${name}.record`);
  writeFileSync(path, "");
  return path;
}

test("claims made at once are all different, and a released number is taken again", async () => {
  const slots = join(folder, "slots");
  const records = ["a", "b", "c", "d"].map(record);
  const claimed = await Promise.all(records.map((path) => claimSlot(path, slots)));
  expect(claimed.map(({ number }) => number).sort()).toEqual([0, 1, 2, 3]);
  await releaseSlots(records[2]!, slots);
  expect((await claimSlot(record("e"), slots)).number).toBe(claimed[2]!.number);
});

test("a claim whose record is gone is taken over, one whose record lives is not", async () => {
  const slots = join(folder, "slots");
  const gone = record("gone");
  await claimSlot(gone, slots);
  await claimSlot(record("lives"), slots);
  rmSync(gone);
  expect((await claimSlot(record("next"), slots)).number).toBe(0);
  expect((await claimSlot(record("after"), slots)).number).toBe(2);
});

test("labs that meet the same leftover claims at once never share a number", async () => {
  for (let round = 0; round < 5; round++) {
    const slots = join(folder, `slots-${round}`);
    for (const name of ["gone-a", "gone-b", "gone-c"]) await claimSlot(record(name), slots);
    for (const name of ["gone-a", "gone-b", "gone-c"]) rmSync(join(folder, `${name}.record`));
    const records = Array.from({ length: 6 }, (_, index) => record(`new-${round}-${index}`));
    const claimed = await Promise.all(records.map((path) => claimSlot(path, slots)));
    expect(new Set(claimed.map(({ number }) => number)).size).toBe(6);
  }
}, 60_000);

test("ranges touch but do not overlap", () => {
  expect(slotOf(8).baseId - slotOf(7).baseId).toBe(idsPerSlot);
  expect(slotOf(4095).baseId + idsPerSlot - 1).toBe(0x7fff_ffff);
});

test("a draft that a crash has left goes with the next release, one that is being written stays", async () => {
  const slots = join(folder, "slots");
  await claimSlot(record("a"), slots);
  const [left, young] = ["1.left.new", "2.young.new"].map((name) => join(slots, name));
  for (const path of [left!, young!]) writeFileSync(path, "");
  utimesSync(left!, new Date(0), new Date(0));
  await releaseSlots(record("a"), slots);
  expect([left, young].map((path) => existsSync(path!))).toEqual([false, true]);
});
