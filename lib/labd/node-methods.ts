import type { labdRpc, NodeCommandResult } from "@/lib/contract/labd";
import type { RpcHandlers } from "@/lib/rpc/server";
import { execInNode, mustExecInNode, type ExecResult } from "@/lib/sandbox/exec";
import { callInit } from "@/lib/sandbox/init-client";
import { readNodeFile, writeNodeFiles } from "@/lib/sandbox/node-io";
import type { Labd } from "./labd";

type NodeMethods = Pick<
  RpcHandlers<typeof labdRpc>,
  | "node.exec"
  | "node.writeFiles"
  | "node.readFile"
  | "node.service"
  | "node.restoreRules"
  | "node.events"
  | "node.watch"
  | "node.log"
  | "shell.resize"
  | "shell.list"
  | "shell.close"
>;

/** Calls about one node, answered by its PID 1. */
export function nodeMethods(labd: Labd): NodeMethods {
  const control = ({ sandboxId, node }: { sandboxId: string; node: string }) =>
    labd.node(sandboxId, node).control;
  return {
    "node.exec": async (input) => {
      const { argv, env, cwd, timeoutMs, outputBytesMax } = input;
      const stdin = input.stdin === "" ? undefined : Buffer.from(input.stdin, "base64");
      return commandResult(
        await execInNode(control(input), { argv, env, cwd, stdin, timeoutMs, outputBytesMax }),
      );
    },
    "node.writeFiles": async (input) => {
      const files = input.files.map((file) => ({ ...file, content: Buffer.from(file.content, "base64") }));
      await writeNodeFiles(control(input), files, labd.host.clock.now());
      return {};
    },
    "node.readFile": async (input) => {
      const { content, mode, sizeBytes } = await readNodeFile(control(input), input.path, input.bytesMax);
      return { content: content.toString("base64"), mode, sizeBytes };
    },
    "node.service": async (input) => {
      const reply = await callInit(control(input), "service", [
        ["name", input.service],
        ["action", input.action],
      ]);
      const state = reply.get("state");
      return {
        state: state === "active" || state === "failed" ? state : "inactive",
        ...(Number(reply.get("pid") ?? 0) > 0 ? { pid: reply.number("pid") } : {}),
      };
    },
    "node.restoreRules": async (input) => {
      await mustExecInNode(control(input), {
        argv: ["iptables-legacy-restore", "--wait", "10", ...(input.noFlush ? ["--noflush"] : [])],
        stdin: Buffer.from(input.rules, "utf8"),
      });
      return {};
    },
    "node.events": async (input) => {
      const reply = await callInit(
        control(input),
        "events",
        [
          ["revision", input.revision],
          ["timeout_ms", input.timeoutMs],
        ],
        input.timeoutMs + 10_000,
      );
      return {
        revision: reply.number("revision"),
        files: reply.number("files"),
        services: reply.all("service").map((text) => {
          const [name = "", active = "", pid] = text.split(":");
          return { name: name.replace(/\.service$/, ""), active, pid: Number(pid) || 0 };
        }),
      };
    },
    "node.watch": async (input) => {
      await callInit(
        control(input),
        "watch",
        input.folders.map((path) => ["path", path]),
      );
      return {};
    },
    "node.log": async (input) => {
      await callInit(control(input), "service-log", [
        ["name", input.service],
        ...input.lines.map((line): [string, string] => ["line", line]),
      ]);
      return {};
    },
    "shell.resize": async (input) => {
      await callInit(control(input), "shell-resize", [
        ["id", input.shellId],
        ["cols", input.cols],
        ["rows", input.rows],
      ]);
      return {};
    },
    "shell.list": async (input) => {
      const reply = await callInit(control(input), "shell-list");
      return { shells: reply.all("shell").map(parseShell) };
    },
    "shell.close": async (input) => {
      await callInit(control(input), "shell-close", [["id", input.shellId]]);
      return {};
    },
  };
}

/** "ID:running:..." or "ID:exited:CODE:...". */
function parseShell(text: string): { shellId: string; running: boolean; exitCode?: number } {
  const [shellId = "", state, code] = text.split(":");
  if (state === "running") return { shellId, running: true };
  return { shellId, running: false, exitCode: Number(code) };
}

export function commandResult(result: ExecResult): NodeCommandResult {
  const { exitCode, stdout, stderr, truncated, timedOut, durationMs } = result;
  return {
    exitCode,
    stdout: stdout.toString("utf8"),
    stderr: stderr.toString("utf8"),
    truncated,
    timedOut,
    durationMs,
  };
}
