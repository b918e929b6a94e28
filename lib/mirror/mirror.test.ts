import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Mirror } from "./mirror";

let folder: string;
let mirror: Mirror;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "examctl-mirror-"));
  mirror = new Mirror(join(folder, "mirror"));
  writeFileSync(join(folder, "secret"), "secret");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("a file is found by host and path, and by nothing else", async () => {
  writeFileSync(join(folder, "a.yaml"), "a: 1\n");
  await mirror.addFile("https://example.org/x/a.yaml", join(folder, "a.yaml"));
  expect(await mirror.file("example.org", "/x/a.yaml")).toMatchObject({ sizeBytes: 5 });
  expect(await mirror.file("example.org", "/x")).toBeUndefined();
  expect(await mirror.file("example.com", "/x/a.yaml")).toBeUndefined();
  expect(await mirror.hasHost("example.org")).toBe(true);
  expect(await mirror.hasHost("example.com")).toBe(false);
});

test.each([
  ["example.org", "/../../../secret"],
  ["example.org", "/x/../../../secret"],
  ["..", "/secret"],
  [".", "/files"],
  ["example.org/../../..", "/secret"],
  ["example.org", "secret"],
  ["example.org", "/x\0"],
  ["example.org", "//secret"],
])("nothing outside the folder is reached by %j %j", async (host, path) => {
  writeFileSync(join(folder, "a.yaml"), "a: 1\n");
  await mirror.addFile("https://example.org/x/a.yaml", join(folder, "a.yaml"));
  expect(await mirror.file(host, path)).toBeUndefined();
  expect(await mirror.repository(host, path)).toBeUndefined();
  expect(mirror.ociFolder(host, path.slice(1))).toSatisfy(
    (at) => at === undefined || String(at).startsWith(folder),
  );
});

test.each([
  "ftp://example.org/x",
  "https://example.org/",
  "https://localhost/x",
  "oci://example.org/charts/x",
  "https://example.org/../x",
])("%s cannot be mirrored, and the error says what can", async (url) => {
  await expect(mirror.addFile(url, join(folder, "secret"))).rejects.toThrow(
    /cannot be mirrored: give https:\/\/HOST/,
  );
});

test("a file and files below it exclude each other", async () => {
  writeFileSync(join(folder, "a.yaml"), "a: 1\n");
  await mirror.addFile("https://example.org/x", join(folder, "a.yaml"));
  await expect(mirror.addFile("https://example.org/x/y", join(folder, "a.yaml"))).rejects.toThrow(
    /lies below/,
  );
  await mirror.addFile("https://example.org/z/y", join(folder, "a.yaml"));
  await expect(mirror.addFile("https://example.org/z", join(folder, "a.yaml"))).rejects.toThrow(
    /There are URLs below/,
  );
});
