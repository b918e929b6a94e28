import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { projectRoot } from "@/lib/core/paths";
import { findAddon } from "./index";

test("the authors' manual lists every addon", async () => {
  const manual = await readFile(join(projectRoot, "docs/authoring.md"), "utf8");
  const listed = [...manual.matchAll(/^\| `([a-z-]+)` +\|.*\|.*\|$/gm)].map(([, name]) => name);
  let names: string[] = [];
  try {
    findAddon("nothing", {});
  } catch (failure) {
    names = (failure as Error).message.split("There are: ")[1]!.replace(".", "").split(", ");
  }
  expect(names.length).toBeGreaterThan(5);
  expect(listed).toEqual(expect.arrayContaining(names));
});

test("options that a network does not have are refused with their name", () => {
  expect(() => findAddon("calico", { overlay: "gre" })).toThrow(/Options of the addon calico/);
  expect(() => findAddon("weave", { backend: "vxlan" })).toThrow(/backend/);
});
