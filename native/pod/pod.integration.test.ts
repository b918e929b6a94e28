import { spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { release, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, expect, test } from "vitest";
import { parseInspection } from "@/lib/clusterd/inspect-node";
import { volumeCommand } from "@/lib/clusterd/volume-command";
import { tarOf } from "@/lib/core/tar";
import { binary } from "../test-node";

const top = mkdtempSync(join(tmpdir(), "examctl-native-pod-"));
let folder: string;
let count = 0;
beforeEach(() => mkdirSync((folder = join(top, String(count++)))));
afterAll(() => rmSync(top, { recursive: true, force: true }));

/**
 * In a mount namespace of its own with /run and /etc/cni/net.d of its own. `before` is what the shell does first, `then`
 * looks at what was made.
 */
function run(
  argv: string[],
  { stdin, before = "true", then = "true" }: { stdin?: Buffer; before?: string; then?: string } = {},
) {
  const script = `set -e; mount -t tmpfs tmpfs /run; mkdir -p /etc/cni; mount -t tmpfs tmpfs /etc/cni; mkdir /etc/cni/net.d
    for name in b.conflist a.txt c.json .a.conf; do echo "$name" > /etc/cni/net.d/$name; done
    ${before}
    "$@"; printf '\\n--\\n'; ${then}`;
  const program = [binary("examctl-pod"), ...argv];
  const result = spawnSync("unshare", ["--mount", "--net", "sh", "-c", script, "sh", ...program], {
    input: stdin ?? Buffer.alloc(0),
    encoding: "utf8",
  });
  const [printed = "", seen = ""] = result.stdout.split("\n--\n");
  return { status: result.status, printed, seen: seen.trim(), stderr: result.stderr };
}

function volumes(...call: Parameters<typeof volumeCommand>) {
  const { argv, stdin } = volumeCommand(...call);
  return run(argv.slice(1), { stdin });
}

test("a namespace is one that ip knows, with lo up, and the node's files are told", () => {
  const { printed, seen } = run(["namespace", join(folder, "logs"), "cni-1"], {
    then: "ip netns list; ip -netns cni-1 -br link show lo; ip netns add cni-2; ip netns list | wc -l; ip netns delete cni-1",
  });
  expect(printed.split("\0")).toEqual([
    readFileSync("/etc/hosts", "utf8"),
    readFileSync("/etc/resolv.conf", "utf8"),
    "b.conflist\n",
  ]);
  expect(seen).toMatch(/^cni-1\nlo +UNKNOWN .*UP.*\n2$/);
  expect(statSync(join(folder, "logs")).isDirectory()).toBe(true);
});

test("a pod of the node's own network needs no namespace", () => {
  expect(
    run(["namespace", join(folder, "logs")], { then: "ls /run/netns 2>/dev/null || true" }),
  ).toMatchObject({ seen: "" });
});

test("a bundle is an overlay of the image with the files of the archive, whatever lay there", () => {
  const lower = join(folder, "lower");
  mkdirSync(lower);
  const long = join(folder, "deep".repeat(40), "file");
  const files = [
    { path: join(folder, "bundle/config.json"), content: Buffer.from("{}"), mode: 0o600 },
    { path: long, content: Buffer.alloc(1300, "x"), mode: 0o640 },
    { path: join(folder, "bundle/config.json"), content: Buffer.from("[]"), mode: 0o604 },
  ];
  const argv = [
    "bundle",
    join(folder, "bundle"),
    join(folder, "snapshot"),
    lower,
    "/log",
    join(folder, "link"),
  ];
  const { status, seen } = run([...argv, join(folder, "logs")], {
    stdin: tarOf(files, 0),
    then: `echo kept > ${folder}/bundle/rootfs/new; findmnt -no FSTYPE ${folder}/bundle/rootfs`,
  });
  expect({ status, seen }).toEqual({ status: 0, seen: "overlay" });
  expect(readFileSync(join(folder, "snapshot/fs/new"), "utf8")).toBe("kept\n");
  expect(readFileSync(join(folder, "bundle/config.json"), "utf8")).toBe("[]");
  expect(statSync(join(folder, "bundle/config.json")).mode & 0o777).toBe(0o604);
  expect(readFileSync(long, "utf8")).toBe("x".repeat(1300));
  expect(statSync(long).mode & 0o777).toBe(0o640);
  expect(readlinkSync(join(folder, "link"))).toBe("/log");
  expect(readdirSync(folder)).toContain("logs");
});

test("an archive that is cut off is refused", () => {
  const whole = tarOf([{ path: join(folder, "a"), content: Buffer.alloc(2000), mode: 0o644 }], 0);
  const argv = ["volumes", "stamp", "tar", "", ""];
  expect(run(argv, { stdin: whole.subarray(0, 1500) })).toMatchObject({
    status: 1,
    stderr: "read the archive: Bad message\n",
  });
});

test("what is projected is seen at once and whole, and goes when it is projected no more", () => {
  const root = join(folder, "config");
  const files = (...names: string[]) => [
    { root, files: names.map((path) => ({ path, content: Buffer.from(path), mode: 0o400 })) },
  ];
  expect(volumes([], files("a", ".b", "sub/c"), 2000, "..1")).toMatchObject({ status: 0, stderr: "" });
  expect(readdirSync(root).sort()).toEqual(["..1", "..data", ".b", "a", "sub"]);
  expect(readlinkSync(join(root, "sub"))).toBe("..data/sub");
  expect(readFileSync(join(root, "sub/c"), "utf8")).toBe("sub/c");
  expect(statSync(join(root, "a"))).toMatchObject({ gid: 2000, mode: 0o100440 });
  expect(volumes([], files("a"), undefined, "..2")).toMatchObject({ status: 0, stderr: "" });
  expect(readdirSync(root).sort()).toEqual(["..2", "..data", "a"]);
  expect(statSync(join(root, "a")).mode & 0o777).toBe(0o400);
});

test("folders, memory, groups and paths of the node are as the kubelet has them", () => {
  const at = (name: string) => join(folder, name);
  const argv = [
    "volumes",
    "stamp",
    "disk",
    at("disk"),
    "",
    "group",
    at("disk"),
    "3000",
    "memory",
    at("memory"),
    "65536",
  ];
  const { seen } = run([...argv, "path:FileOrCreate", at("new/../file"), "v"], {
    then: `findmnt -no OPTIONS ${at("memory")}`,
  });
  expect(seen).toMatch(/size=64k.*/);
  expect(statSync(at("disk"))).toMatchObject({ gid: 3000, mode: 0o42777 });
  expect(run(["volumes", "stamp", "path:Directory", at("absent"), "data"])).toMatchObject({
    status: 9,
    stderr: `data\nhostPath type check failed: ${at("absent")} is not a directory\n`,
  });
  expect(run(["volumes", "stamp", "local", at("absent"), "data"])).toMatchObject({
    status: 9,
    stderr: `data\npath "${at("absent")}" does not exist\n`,
  });
});

test("a node is inspected: the system, its files, and the manifests of a folder by name", () => {
  for (const name of ["b.yaml", "a b.yaml", ".c.yaml"]) writeFileSync(join(folder, name), `name: ${name}\n`);
  mkdirSync(join(folder, "d"));
  const { printed } = run(["inspect", folder], { then: "nproc" });
  const inspection = parseInspection(`${printed}\n`);
  expect(inspection).toMatchObject({
    kernelVersion: release(),
    hasStaticPodPath: true,
    hasCniConfig: false,
    resolvConfPath: "/etc/resolv.conf",
    manifests: [
      { path: join(folder, "a b.yaml"), content: "name: a b.yaml\n" },
      { path: join(folder, "b.yaml"), content: "name: b.yaml\n" },
    ],
  });
  expect(inspection.memoryKib).toBeGreaterThan(0);
  expect(inspection.osImage).not.toBe("");
  expect(parseInspection(`${run(["inspect", join(folder, "none")]).printed}\n`)).toMatchObject({
    ...{ manifests: [], hasStaticPodPath: false },
  });
});

test("what a container leaves goes with its state, its root and the links to its log, and nobody else's", () => {
  const id = "ab".repeat(32);
  const [state, bundle, snapshot] = ["state", "bundle", "snapshot"].map((name) => join(folder, name));
  const layer = join(folder, "layer");
  const part = `p/${"d".repeat(200)}`.repeat(9);
  // A process of that number has never been there.
  const status = JSON.stringify({ pid: 2 ** 22 + 1, bundle });
  const seen = run(["remove", "/bin/false", state!, id, bundle!, snapshot!], {
    before: `mkdir -p ${bundle}/rootfs ${snapshot}/fs ${state}/${id} ${layer}/kept
      mount --bind ${layer} ${bundle}/rootfs; printf %s '${status}' > ${state}/${id}/status
      mkdir -p /var/log/containers; mount -t tmpfs tmpfs /var/log/containers
      ln -s /x /var/log/containers/a_b_c-${id}.log; ln -s /x /var/log/containers/a_b_c-${id}0.log
      cd ${snapshot}; mkdir -p fs/a/${part} fs/b/${part} fs/c/${part}
      mv fs/b fs/a/${part}/; mv fs/c fs/a/${part}/b/; cd /`,
    then: `ls -d ${state}/${id} ${bundle} ${snapshot} 2>/dev/null || true; ls /var/log/containers; ls ${layer}`,
  });
  expect(seen).toMatchObject({
    status: 0,
    seen: `a_b_c-${id}0.log\nkept`,
  });
});

test("crun ends what still runs of a container, and its root stays for another start", () => {
  const id = "cd".repeat(32);
  const [state, bundle] = ["state", "bundle"].map((name) => join(folder, name));
  const crun = join(folder, "crun");
  writeFileSync(crun, `#!/bin/sh\necho "$@" > ${folder}/called\n`, { mode: 0o755 });
  const { seen } = run(["release", crun, state!, id, bundle!], {
    before: `mkdir -p ${bundle} ${state}/${id}; printf '{"pid" : %s}' $$ > ${state}/${id}/status`,
    then: `cat ${folder}/called; ls ${state}; ls -d ${bundle} 2>/dev/null || true`,
  });
  expect(seen).toBe(`--root ${state} --cgroup-manager=disabled delete --force ${id}`);
});

test("a pod is closed with its files, its logs and its namespace, and closing it again is no error", () => {
  const [files, logs] = ["files", "logs"].map((name) => join(folder, name));
  const closed = run(["close", files!, logs!, "cni-1"], {
    before: `ip netns add cni-1; mkdir -p ${files}/a ${logs}/b; touch ${files}/a/x`,
    then: `ls -A /run/netns; ls -d ${files} ${logs} 2>/dev/null || true; "$@"`,
  });
  expect(closed).toMatchObject({ status: 0, seen: "" });
});
