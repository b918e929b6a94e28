import { afterEach, beforeEach, expect, test } from "vitest";
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Scope } from "@/lib/core/scope";
import { call } from "../test-client";
import { startNode, type TestNode } from "../test-node";

let scope: Scope;
let node: TestNode;
beforeEach(async () => {
  scope = new Scope();
  node = await startNode(scope);
});
afterEach(() => scope.close());

/** The next event after `revision`: its revision, and how many changes of files were counted. */
async function next(revision: number): Promise<{ revision: number; files: number }> {
  const reply = await call(node.socket, "events", [`revision=${revision}`, "timeout_ms=10000"]);
  return { revision: Number(reply.get("revision")), files: Number(reply.get("files")) };
}

test("changes in watched folders are events, also in one that is made later or replaced", async () => {
  const folder = join(node.folder, "manifests");
  await call(node.socket, "watch", [`path=${folder}`]);
  let seen = await next(0);
  /** True when what `change` does comes as an event that counts. */
  const isSeen = async (change: () => void) => {
    const before = seen;
    change();
    let asked: number;
    do {
      asked = seen.revision;
      seen = await next(asked);
    } while (seen.files === before.files && seen.revision !== asked);
    return seen.files > before.files;
  };
  expect(await isSeen(() => mkdirSync(folder))).toBe(true);
  expect(await isSeen(() => writeFileSync(join(folder, "a.yaml"), "one"))).toBe(true);
  expect(await isSeen(() => renameSync(join(folder, "a.yaml"), join(folder, "b.yaml")))).toBe(true);
  expect(await isSeen(() => rmSync(join(folder, "b.yaml")))).toBe(true);
  expect(
    await isSeen(() => {
      rmSync(folder, { recursive: true });
      mkdirSync(folder);
      writeFileSync(join(folder, "c.yaml"), "two");
    }),
  ).toBe(true);
});

test("too many folders, or one that is no absolute path, are refused", async () => {
  const many = Array.from({ length: 17 }, (_, index) => `path=/tmp/${index}`);
  expect((await call(node.socket, "watch", many)).status).toBe("error");
  expect((await call(node.socket, "watch", ["path=etc"])).status).toBe("error");
  expect((await call(node.socket, "watch", [])).status).toBe("ok");
});
