import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { labEnvironment } from "@/lib/contract/environment";
import { LabFolder, listLabFolders, tidyLabFolders } from "./lab-folder";
import { waitingSteps } from "./status-board";
import { twoNodes } from "./two-nodes";

let clustersDir: string;
beforeEach(() => (clustersDir = mkdtempSync(join(tmpdir(), "examctl-clusters-"))));
afterEach(() => rmSync(clustersDir, { recursive: true, force: true }));

async function make(labId: string): Promise<void> {
  await new LabFolder(clustersDir, labId).create({
    labId,
    environment: labEnvironment.parse(twoNodes()),
    startedAtMs: 1,
    revision: 1,
    phase: "starting",
    steps: waitingSteps(),
    done: [],
  });
}

const idsOf = (found: { record: { labId: string } }[]) => found.map(({ record }) => record.labId).sort();
const tidy = async () => {
  const aside: string[] = [];
  return { ...(await tidyLabFolders(clustersDir, (path) => aside.push(path))), aside };
};

test("looking at labs takes nothing from one that is just being made", async () => {
  await make("lab-a");
  mkdirSync(join(clustersDir, "lab-being-made"));
  expect(idsOf(await listLabFolders(clustersDir))).toEqual(["lab-a"]);
  expect(existsSync(join(clustersDir, "lab-being-made"))).toBe(true);
});

test("a start removes what was cut off while it was made", async () => {
  await make("lab-a");
  mkdirSync(join(clustersDir, "lab-cut-off"));
  const { found, aside, hasSetAside } = await tidy();
  expect({ ids: idsOf(found), aside, hasSetAside }).toEqual({
    ids: ["lab-a"],
    aside: [],
    hasSetAside: false,
  });
  expect(readdirSync(clustersDir)).toEqual(["lab-a"]);
});

test.each([
  ["half written", '{"labId": "lab-b", "envir'],
  ["of a shape that is not ours", '{"labId": "lab-b"}'],
])("a record that is %s costs its own lab alone, and nothing of it is lost", async (_what, text) => {
  await make("lab-a");
  await make("lab-b");
  writeFileSync(join(clustersDir, "lab-b/lab.json"), text);
  expect(idsOf(await listLabFolders(clustersDir))).toEqual(["lab-a"]);
  const first = await tidy();
  expect(idsOf(first.found)).toEqual(["lab-a"]);
  expect(first.aside).toEqual([join(clustersDir, "lab-b.unreadable")]);
  expect(readFileSync(join(clustersDir, "lab-b.unreadable/lab.json"), "utf8")).toBe(text);
  // The id is free for a new lab; a second of that fate does not overwrite the first.
  await make("lab-b");
  writeFileSync(join(clustersDir, "lab-b/lab.json"), text);
  expect((await tidy()).aside).toEqual([join(clustersDir, "lab-b.unreadable-1")]);
  expect((await tidy()).hasSetAside).toBe(true);
});
