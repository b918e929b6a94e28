import { EventEmitter } from "node:events";
import { PassThrough } from "node:stream";
import { expect, it, vi } from "vitest";
import type WebSocket from "ws";
import { answerKey } from "@/lib/cli/commands/lab-run";
import { decodeClientFrame, encodeServerFrame, type ServerFrame } from "@/lib/contract/terminal-frames";
import { attachTerminal } from "./attach-terminal";

function attach(onKey = (key: string) => Promise.resolve(key !== "x")) {
  const events = new EventEmitter();
  const sent: string[] = [];
  const socket = Object.assign(events, {
    OPEN: 1,
    readyState: 1,
    close: () => void events.emit("close"),
    send: (bytes: Uint8Array) => {
      const frame = decodeClientFrame(bytes)!;
      sent.push(
        frame.type === "input" ? `input ${Buffer.from(frame.bytes).toString()}` : JSON.stringify(frame),
      );
    },
  });
  const input = new PassThrough();
  const output = new PassThrough();
  let resize = () => {};
  const ended = attachTerminal(socket as unknown as WebSocket, {
    input,
    output,
    size: () => ({ cols: 90, rows: 30 }),
    onResize: (listener) => ((resize = listener), () => undefined),
    onKey,
  });
  const receive = (frame: ServerFrame) => events.emit("message", Buffer.from(encodeServerFrame(frame)));
  return { ended, sent, receive, input, output, events, resize: () => resize() };
}

it("passes on keys, output and sizes, and ends with the shell", async () => {
  const { ended, sent, receive, input, output, events, resize } = attach();
  events.emit("open");
  resize();
  input.write("ls\r");
  await new Promise(setImmediate);
  receive({ type: "output", offset: 7, bytes: Buffer.from("hello") });
  receive({ type: "state", state: "exited", exitCode: 0 });
  expect(await ended).toBe("exited");
  expect(String(output.read())).toBe("hello");
  expect(sent).toEqual([
    '{"type":"hello","version":1,"cols":90,"rows":30}',
    '{"type":"resize","cols":90,"rows":30}',
    "input ls\r",
    '{"type":"ack","offset":12}',
  ]);
});

it("keeps the key after Ctrl-] to itself, also when the two come apart; twice Ctrl-] is one for the shell", async () => {
  const onKey = vi.fn((key: string) => Promise.resolve(key !== "x"));
  const { ended, sent, input } = attach(onKey);
  for (const typed of ["a\x1dg", "\x1d", "q", "\x1d\x1d", "\x1dx"]) {
    input.write(typed);
    await new Promise(setImmediate);
    await new Promise(setImmediate);
  }
  expect(await ended).toBe("left");
  expect(onKey.mock.calls.flat()).toEqual(["g", "q", "x"]);
  expect(sent).toEqual(["input a", "input \r", "input \r", "input \x1d"]);
});

it("shows what the shell said after the answer to a key", async () => {
  let finish = (_goesOn: boolean) => {};
  const { receive, input, output, ended } = attach(() => new Promise((resolve) => (finish = resolve)));
  input.write("\x1dg");
  await new Promise(setImmediate);
  receive({ type: "output", offset: 0, bytes: Buffer.from("meanwhile") });
  expect(output.read()).toBeNull();
  finish(false);
  expect(await ended).toBe("left");
  expect(String(output.read())).toBe("meanwhile");
});

it("says that the connection was lost", async () => {
  const { ended, events } = attach();
  events.emit("close");
  expect(await ended).toBe("lost");
});

it("answers keys by what the lab's files say now, and failures with their sentence", async () => {
  const said: string[] = [];
  const desk = {
    questions: () => Promise.resolve("1. One"),
    grade: () => Promise.reject(new Error("checks.ts:3 is wrong")),
    solve: () => Promise.resolve("The solution has run."),
  };
  const press = (key: string) => answerKey(key, desk as never, (text) => said.push(text));
  for (const key of ["q", "g", "s"]) expect(await press(key)).toBe(true);
  expect(await press("?")).toBe(true);
  expect(await press("x")).toBe(false);
  expect(said).toEqual([
    "1. One",
    "checks.ts:3 is wrong",
    "The solution has run.",
    expect.stringContaining("Ctrl-]"),
  ]);
});
