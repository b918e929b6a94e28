import { spawn } from "node:child_process";
import { once } from "node:events";
import { access, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runCommand } from "@/lib/core/run-command";
import { Scope } from "@/lib/core/scope";
import { addImage, removeImage } from "./add-image";
import { readAddedImages } from "./added-images";
import type { Image } from "./ensure-images";
import { findImage } from "./find-image";
import { followAddedImages } from "./follow-added-images";

let scope: Scope;
let folder: string;
beforeEach(async () => {
  scope = new Scope();
  folder = await mkdtemp(join(tmpdir(), "examctl-image-"));
  scope.defer(() => rm(folder, { recursive: true, force: true }));
});
afterEach(() => scope.close());

/** An OCI layout with one small image, made by umoci as anyone would. */
async function makeLayout(greeting: string): Promise<string> {
  const layout = join(folder, `layout-${greeting}`);
  const image = `${layout}:v1`;
  const files = join(folder, `files-${greeting}`);
  await mkdir(join(files, "etc"), { recursive: true });
  await writeFile(join(files, "greeting"), greeting);
  await writeFile(join(files, "etc/passwd"), "root:x:0:0::/:/bin/sh\napp:x:1234:2345::/:/bin/sh\n");
  const umoci = (...args: string[]) => runCommand(["umoci", ...args]);
  await umoci("init", "--layout", layout);
  await umoci("new", "--image", image);
  await umoci("insert", "--image", image, files, "/");
  const settings = ["--config.entrypoint", "/run-me", "--config.cmd", "hello", "--config.env", "COLOR=blue"];
  await umoci("config", "--image", image, ...settings, "--config.user", "app", "--config.workingdir", "/srv");
  return layout;
}

const greetingOf = async (dataDir: string, { key }: Image) =>
  readFile(join(dataDir, "images", key, "root/greeting"), "utf8");

test("a layout becomes an image that pods can name, another of the same name takes its place, rm removes it", async () => {
  const dataDir = join(folder, "data");
  await mkdir(join(dataDir, "images"), { recursive: true });
  const followed: Image[] = [];
  scope.defer(followAddedImages(dataDir, followed, (failure) => expect(failure).toBeUndefined()));
  const source = await makeLayout("hi");
  const options = { dataDir, reference: "example.com/team/app:1", registries: [] };
  const added = await addImage({ ...options, source });
  expect(added).toMatchObject({
    reference: "example.com/team/app:1",
    ...{ entrypoint: ["/run-me"], cmd: ["hello"], workingDir: "/srv", user: { uid: 1234, gid: 2345 } },
  });
  expect(added.env).toMatchObject({ COLOR: "blue" });
  await expect.poll(() => followed.length).toBe(1);
  const { image } = findImage(followed, "example.com/team/app:1");
  expect(await greetingOf(dataDir, image)).toBe("hi");
  await access(join(dataDir, "images", image.key, "root/proc"));

  const tar = join(folder, "second.tar");
  await runCommand(["tar", "--create", "--file", tar, "--directory", await makeLayout("again"), "."]);
  await addImage({ ...options, source: tar });
  const [only, ...others] = await readAddedImages(dataDir);
  expect([await greetingOf(dataDir, only!), others]).toEqual(["again", []]);

  expect(await removeImage(dataDir, "example.com/team/app:1")).toBe(true);
  expect(await readAddedImages(dataDir)).toEqual([]);
  await expect.poll(() => followed.length).toBe(0);
  expect(() => findImage(followed, "example.com/team/app:1")).toThrow("no such host");
});

test("an image comes from a registry that is allowed, and from no other", async () => {
  const port = await freePort();
  const registry = `127.0.0.1:${port}`;
  const config = join(folder, "registry.yml");
  await writeFile(
    config,
    `version: 0.1\nstorage: { filesystem: { rootdirectory: ${join(folder, "registry")} } }\nhttp: { addr: "${registry}" }\n`,
  );
  const server = spawn("docker-registry", ["serve", config], { stdio: "ignore" });
  scope.defer(async () => {
    const ended = once(server, "exit");
    server.kill("SIGTERM");
    await ended;
  });
  await expect
    .poll(
      () =>
        fetch(`http://${registry}/v2/`).then(
          ({ status }) => status,
          () => 0,
        ),
      { timeout: 15_000 },
    )
    .toBe(200);
  const layout = await makeLayout("far");
  await runCommand([
    ...["skopeo", "copy", "--quiet", "--insecure-policy", "--dest-tls-verify=false"],
    ...[`oci:${layout}:v1`, `docker://${registry}/team/app:2`],
  ]);
  const dataDir = join(folder, "data");
  const source = `docker://${registry}/team/app:2`;
  await expect(addImage({ dataDir, source, registries: [] })).rejects.toThrow(
    `Images of ${registry} may not be fetched: add it to EXAMCTL_IMAGE_REGISTRIES to allow it.`,
  );
  await addImage({ dataDir, source, registries: [`http://${registry}`] });
  const [image] = await readAddedImages(dataDir);
  expect(image?.references).toEqual([`${registry}/team/app:2`]);
  expect(await greetingOf(dataDir, image!)).toBe("far");
  await expect(
    addImage({ dataDir, source: `docker://${registry}/team/nope:1`, registries: [`http://${registry}`] }),
  ).rejects.toThrow(/The image cannot be read/);
});

test("what is no image is refused with a sentence", async () => {
  const options = { dataDir: folder, registries: [], reference: "x:1" };
  await expect(addImage({ ...options, source: folder })).rejects.toThrow("no OCI image layout");
  await expect(addImage({ ...options, source: join(folder, "nope") })).rejects.toThrow("There is no file");
  const source = await makeLayout("unnamed");
  await expect(addImage({ dataDir: folder, registries: [], source })).rejects.toThrow(
    "--as REGISTRY/NAME:TAG",
  );
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}
