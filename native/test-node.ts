import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { projectRoot } from "@/lib/core/paths";
import type { Scope } from "@/lib/core/scope";
import { call, request } from "./test-client";

/** Another folder tests the sanitizer build: EXAMCTL_NATIVE_BUILD=native/build/sanitize. */
export const buildFolder = join(projectRoot, process.env.EXAMCTL_NATIVE_BUILD ?? "native/build");
export const binary = (name: string) => join(buildFolder, name);

export interface TestNode {
  /** The control socket, as labd sees it. */
  socket: string;
  /** A folder that the node and the test share. */
  folder: string;
  process: ChildProcess;
}

/**
 * examctl-init as PID 1 of its own pid, mount, network and user namespaces, with /run, /var/log and /etc/systemd of its
 * own, started through examctl-launch as a node is.
 */
export async function startNode(scope: Scope, prepare = ""): Promise<TestNode> {
  const folder = mkdtempSync(join(tmpdir(), "examctl-native-"));
  scope.defer(() => rmSync(folder, { recursive: true, force: true }));
  const socket = join(folder, "control.sock");
  const mounts = [
    "mount -t tmpfs tmpfs /run",
    "mount -t tmpfs tmpfs /var/log",
    "mkdir -p /etc/systemd/system",
    "mount -t tmpfs tmpfs /etc/systemd",
    "mkdir -p /etc/systemd/system",
    prepare,
    `exec ${binary("examctl-init")}`,
  ];
  const node = spawn(
    binary("examctl-launch"),
    ["--socket", socket, "--", "unshare", "-Urmnpf", "--mount-proc", "sh", "-ec", mounts.join("\n")],
    { stdio: ["ignore", "ignore", "inherit"] },
  );
  scope.defer(async () => {
    if (node.exitCode !== null || node.signalCode !== null) return;
    const ended = once(node, "exit");
    // PID 1, not unshare, which waits for it. An orderly end: the sanitizers report then.
    const [init] = readFileSync(`/proc/${node.pid}/task/${node.pid}/children`, "utf8").split(" ");
    process.kill(init ? Number(init) : node.pid!, "SIGTERM");
    await ended;
  });
  await answering(socket, node);
  return { socket, folder, process: node };
}

/** Waits for the socket, which exists before PID 1 does, and for PID 1's first answer. */
async function answering(path: string, child: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt++) {
    if (child.exitCode !== null) throw new Error(`the node exited with ${child.exitCode}`);
    if (existsSync(path) && (await call(path, "ping").catch(() => undefined))?.status === "ok") return;
    await new Promise((resume) => setTimeout(resume, 5));
  }
  throw new Error(`nobody answers on ${path}`);
}

/** Runs a shell script on the node and gives its output; fails when it does not exit with 0. */
export async function run(node: TestNode, script: string): Promise<string> {
  const values = ["arg=sh", "arg=-ec", `arg=${script}`, "timeout_ms=20000"];
  const { connection, reply } = await request(node.socket, "exec", values);
  if (reply.status !== "ok") throw new Error(reply.get("message"));
  const { stdout, stderr, exit } = await connection.result();
  connection.close();
  if (exit.exitCode !== 0) throw new Error(`${script}: ${JSON.stringify(exit)}: ${stderr.toString()}`);
  return stdout.toString();
}
