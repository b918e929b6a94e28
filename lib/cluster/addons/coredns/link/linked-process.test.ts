import { Duplex } from "node:stream";
import type { Socket } from "node:net";
import { expect, test } from "vitest";
import { LinkedProcess } from "./linked-process";

const hello = { args: [], env: {}, cwd: "/", host: "", isResumed: false };

/** The other end reads and says nothing, as a process that was stopped. */
const silent = () =>
  new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() }) as unknown as Socket;

test("who does not answer is not waited for without end", async () => {
  const coredns = new LinkedProcess(silent(), hello, 20);
  await expect(coredns.readFile("/etc/coredns/Corefile")).rejects.toThrow("does not answer");
  await expect(coredns.exchange("udp", "8.8.8.8:53", Buffer.alloc(1), 10)).rejects.toThrow("does not answer");
});

test("an answer ends the wait, and one that comes too late is dropped", async () => {
  const coredns = new LinkedProcess(silent(), hello, 20);
  const reply = Buffer.from([0, 0, 0, 1, 1, ...Buffer.from("text")]);
  const read = coredns.readFile("/etc/coredns/Corefile");
  coredns.replied(reply);
  expect(await read).toBe("text");
  await expect(coredns.glob("*")).rejects.toThrow("does not answer");
  coredns.replied(Buffer.from([0, 0, 0, 2, 1]));
});
