import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { Socket } from "node:net";
import { pipeline } from "node:stream/promises";
import { AppError } from "@/lib/core/app-error";
import type { labdRpc } from "@/lib/contract/labd";
import { joinSockets } from "@/lib/rpc/join-sockets";
import type { StreamHandlers } from "@/lib/rpc/server";
import { execFields } from "@/lib/sandbox/exec";
import { channel, FrameReader } from "@/lib/sandbox/frames";
import { openInit, type InitFields } from "@/lib/sandbox/init-client";
import type { Labd } from "./labd";
import type { Runtimes } from "./runtime";
import { execCommand, logCommand } from "@/lib/sandbox/pod/container-command";
import { findPod } from "@/lib/sandbox/pod/node-runtime";

/** Streams that a node's PID 1 serves: labd joins the two sockets and reads nothing of what goes through. */
export function streams(labd: Labd, runtimes: Runtimes): StreamHandlers<typeof labdRpc> {
  return {
    shell: async (input) => {
      const { control } = labd.node(input.sandboxId, input.node);
      const { reply, socket } = await openInit(control, "shell", [
        ["id", input.shellId],
        ["from", input.fromOffset],
        ["cols", input.cols],
        ["rows", input.rows],
        ...execFields({ argv: ["/bin/bash", "--login"], env: { TERM: "xterm-256color" } }),
      ]);
      return {
        reply: { offset: reply.number("offset"), created: reply.get("created") === "1" },
        attach: (caller) => joinSockets(caller, socket),
      };
    },

    "frozen.read": async ({ digest }) => {
      const path = await labd.host.frozen.verified(digest);
      const { size } = await stat(path);
      return {
        reply: { sizeBytes: size },
        attach: (caller) => {
          caller.on("error", () => caller.destroy());
          pipeline(createReadStream(path), caller).catch(() => caller.destroy());
        },
      };
    },

    "frozen.write": async ({ digest, sizeBytes }) => ({
      reply: {},
      attach: (caller) => {
        caller.on("error", () => caller.destroy());
        labd.host.frozen.receive(digest, sizeBytes, caller).then(
          () => caller.end(Buffer.from([1])),
          () => caller.destroy(),
        );
      },
    }),

    dial: async (input) => {
      const node = labd.node(input.sandboxId, input.node);
      const netns =
        input.podUid === undefined ? undefined : (await findPod(runtimes.of(node), input.podUid)).netns;
      const fields: InitFields = [
        ["network", input.network],
        ["address", input.address],
        ["timeout_ms", input.timeoutMs],
        ...(netns ? ([["netns", netns]] as InitFields) : []),
      ];
      const { socket } = await openInit(node.control, "dial", fields, input.timeoutMs + 5000).catch(
        dialError,
      );
      return { reply: {}, attach: (caller) => joinSockets(caller, socket) };
    },

    exec: async (input) => {
      const node = labd.node(input.sandboxId, input.node);
      const command = input.containerId
        ? await execCommand(runtimes.of(node), input.containerId, input)
        : { argv: input.argv, env: { TERM: "xterm-256color", ...input.env } };
      const { socket } = await openInit(node.control, "exec", [
        ...execFields(command),
        ["tty", input.tty],
        ["stdin", input.stdin],
        ["cols", input.cols],
        ["rows", input.rows],
      ]);
      return { reply: {}, attach: (caller) => joinSockets(caller, socket) };
    },

    attach: async (input) => {
      const node = labd.node(input.sandboxId, input.node);
      const { socket } = await openInit(node.control, "container-attach", [["id", input.containerId]]);
      return { reply: {}, attach: (caller) => joinSockets(caller, socket) };
    },

    log: async (input) => {
      const node = labd.node(input.sandboxId, input.node);
      const argv = await logCommand(runtimes.of(node), input.containerId, input);
      const { socket } = await openInit(node.control, "exec", [
        ...execFields({ argv }),
        ["tty", false],
        ["stdin", false],
      ]);
      return { reply: {}, attach: (caller) => sendStdout(caller, socket) };
    },
  };
}

/** A peer that refuses or cannot be reached is no fault of ours. */
function dialError(failure: unknown): never {
  if (failure instanceof AppError && failure.code === "internal")
    throw new AppError("unavailable", failure.message, { cause: failure });
  throw failure;
}

/** Only what the command in the node writes to its stdout, then the end. */
function sendStdout(caller: Socket, node: Socket): void {
  const reader = new FrameReader();
  for (const socket of [caller, node]) socket.on("error", () => socket.destroy());
  caller.on("close", () => node.destroy());
  caller.on("drain", () => node.resume());
  caller.resume();
  node.on("close", () => caller.end());
  node.on("data", (chunk: Buffer) => {
    try {
      for (const frame of reader.push(chunk))
        if (frame.channel === channel.stdout && !caller.write(frame.payload)) node.pause();
    } catch (cause) {
      node.destroy(new AppError("internal", "A node's PID 1 sent what is not an exec stream.", { cause }));
    }
  });
  node.resume();
}
