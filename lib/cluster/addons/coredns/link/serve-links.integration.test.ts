import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock } from "@/lib/core/clock";
import { createLogger } from "@/lib/core/logger";
import { Scope } from "@/lib/core/scope";
import { decodeMessage } from "../dns/decode";
import { encodeMessage } from "../dns/encode";
import { fakeView, query, told } from "../testing";
import { encodeFrame, FrameReader, uint32, type Frame } from "./frames";
import { serveLinks } from "./serve-links";

let scope: Scope;
let path: string;
beforeEach(async () => {
  scope = new Scope();
  const folder = await mkdtemp(join(tmpdir(), "examctl-dns-"));
  scope.defer(() => rm(folder, { recursive: true, force: true }));
  path = join(folder, "dns.sock");
  const logger = createLogger("test");
  const server = await serveLinks(path, { clock: systemClock, logger, kubernetes: fakeView() });
  scope.defer(() => server.close());
});
afterEach(() => scope.close());

async function open(): Promise<Socket> {
  const socket = connect(path);
  socket.on("error", () => undefined);
  scope.defer(() => void socket.destroy());
  await once(socket, "connect");
  return socket;
}

/** Plays a coredns whose only file is its Corefile; gives the frames that it gets. */
function play(socket: Socket, corefile: string): Frame[] {
  const frames: Frame[] = [];
  const reader = new FrameReader();
  socket.on("data", (chunk: Buffer) => {
    for (const frame of reader.push(chunk)) {
      frames.push({ kind: frame.kind, body: Buffer.from(frame.body) });
      const worked = (text: string) => encodeFrame("R", frame.body.subarray(0, 4), Buffer.from([1]), text);
      if (frame.kind === "F") socket.write(worked(corefile));
      if (frame.kind === "L") socket.write(worked(""));
    }
  });
  socket.write(encodeFrame("H", "arg=coredns\0arg=-conf\0arg=/x\0env=A=b\0cwd=/\0resumed=0\0"));
  return frames;
}

const output = (frames: Frame[]) =>
  frames
    .filter(({ kind }) => kind === "O")
    .map(({ body }) => body.subarray(1).toString())
    .join("");

test("a coredns is told where to listen and what to answer", async () => {
  const socket = await open();
  const frames = play(socket, ".:1053 {\nhosts {\n10.0.0.1 a.test\n}\n}\n");
  await expect.poll(() => output(frames)).toContain("CoreDNS-");
  expect(
    frames
      .find(({ kind }) => kind === "L")
      ?.body.subarray(4)
      .toString(),
  ).toBe("dns\0\x001053\0");
  const ask = encodeMessage(query("a.test."));
  socket.write(encodeFrame("Q", uint32(7), "u", "10.1.1.1\x004000\x001053\0", ask));
  await expect.poll(() => frames.filter(({ kind }) => kind === "A").length).toBe(1);
  const { body } = frames.find(({ kind }) => kind === "A")!;
  expect([body.readUInt32BE(0), told(decodeMessage(body.subarray(4))!)]).toEqual([
    7,
    "NOERROR a.test. A 10.0.0.1",
  ]);
});

test.each<[string, Buffer]>([
  ["a frame that is too long", Buffer.from([0xff, 0xff, 0xff, 0xff, 0x48])],
  ["an empty frame", Buffer.alloc(4)],
  ["a query before the hello", encodeFrame("Q", uint32(1), "u", "a\0b\0c\0")],
  ["a letter that is none", Buffer.concat([encodeFrame("H", "arg=coredns\0"), encodeFrame("z", "x")])],
  ["a query that is cut short", Buffer.concat([encodeFrame("H", "arg=coredns\0"), encodeFrame("Q", "ab")])],
  ["a reply that is cut short", Buffer.concat([encodeFrame("H", "arg=coredns\0"), encodeFrame("R", "a")])],
])("%s ends that connection and no other", async (_what, bytes) => {
  const good = await open();
  const frames = play(good, ".:53 {\nwhoami\n}\n");
  const bad = await open();
  const ended = once(bad.resume(), "close");
  bad.write(bytes);
  await ended;
  await expect.poll(() => output(frames)).toContain("CoreDNS-");
  expect(good.destroyed).toBe(false);
});
