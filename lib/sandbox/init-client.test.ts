import { createServer, type Server, type Socket } from "node:net";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { callInit, openInit } from "./init-client";

/** A node's PID 1 as a student who has taken it over would have it answer. */
let folder: string;
let path: string;
let server: Server | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "examctl-init-"));
  path = join(folder, "0.sock");
});
afterEach(async () => {
  await new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
  await rm(folder, { recursive: true });
});

async function pretend(answer: (socket: Socket) => void): Promise<void> {
  server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.once("data", () => answer(socket));
  });
  await new Promise<void>((resolve) => server!.listen(path, resolve));
}

function reply(...strings: string[]): Buffer {
  const body = Buffer.from(strings.map((text) => `${text}\0`).join(""));
  const head = Buffer.alloc(4);
  head.writeUInt32BE(body.length);
  return Buffer.concat([head, body]);
}

test("a reply in single bytes is read, and what follows it is the stream", async () => {
  await pretend((socket) => {
    socket.setNoDelay(true);
    const bytes = [...Buffer.concat([reply("ok", "pid=7"), Buffer.from("stream")])];
    const next = () => {
      const byte = bytes.shift();
      if (byte !== undefined) socket.write(Buffer.from([byte]), () => setImmediate(next));
    };
    next();
  });
  const { reply: answered, socket } = await openInit(path, "exec");
  expect(answered.number("pid")).toBe(7);
  let streamed = "";
  for await (const chunk of socket) if ((streamed += String(chunk)).length === 6) break;
  expect(streamed).toBe("stream");
});

test("an empty reply, one of four gigabytes, one that never comes and one cut short are errors", async () => {
  let answers = 0;
  await pretend((socket) => {
    const turn = answers++;
    if (turn === 0) socket.write(Buffer.alloc(4));
    if (turn === 1) socket.write(Buffer.alloc(4, 0xff));
    if (turn === 3) socket.end(reply("ok", "pid=7").subarray(0, 6));
  });
  await expect(callInit(path, "ping")).rejects.toMatchObject({ code: "internal" });
  await expect(callInit(path, "ping")).rejects.toThrow("more than fits a reply");
  await expect(callInit(path, "ping", [], 50)).rejects.toMatchObject({ code: "timeout" });
  await expect(callInit(path, "ping")).rejects.toMatchObject({ code: "unavailable" });
});

test("a NUL character in a value fails the call, nothing else", async () => {
  await pretend((socket) => socket.end(reply("ok")));
  await expect(callInit(path, "exec", [["arg", "a\0b"]])).rejects.toMatchObject({ code: "invalid" });
  await callInit(path, "ping");
});
