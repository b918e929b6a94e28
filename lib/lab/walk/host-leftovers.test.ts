import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { hostLeftovers } from "./host-leftovers";

let folder: string;
const place = (name: string) => {
  mkdirSync(join(folder, name), { recursive: true });
  return join(folder, name);
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "leftovers-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("a disk, a file and a namespace without a claim are found; what others have, or had before, is not", async () => {
  const places = {
    namespaces: place("netns"),
    claims: place("slots"),
    blockDevices: place("block"),
  };
  writeFileSync(join(places.namespaces, "examctl-1"), ""); // forgotten by somebody else
  writeFileSync(join(places.namespaces, "other"), "");
  const find = hostLeftovers([place("data")], places);
  expect(await find("walk-f00d")).toEqual([]);

  for (const number of ["2", "3"]) writeFileSync(join(places.namespaces, `examctl-${number}`), "");
  writeFileSync(join(places.claims, "2"), "/data/labs/another/sandbox.json");
  for (const [name, file] of [
    ["loop0", "/data/labs/another/disk.img"],
    ["loop1", "/data/labs/walk-f00d/disk.img (deleted)"],
  ] as const)
    writeFileSync(join(place(`block/${name}/loop`), "backing_file"), `${file}\n`);
  mkdirSync(join(folder, "data/labs/walk-f00d"), { recursive: true });
  expect(await find("walk-f00d")).toEqual([
    "the loop device loop1",
    "the network namespace examctl-3",
    `the file ${join(folder, "data/labs/walk-f00d")}`,
  ]);
});
