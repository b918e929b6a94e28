import { expect, test } from "vitest";
import { encodeMessage, MessageReader, pendingBytesMax } from "./messages";

test("messages come out as they went in, however the stream is cut", () => {
  const content = "server {}\n".repeat(100_000);
  const bytes = Buffer.concat([
    encodeMessage("write", [
      ["path", "/etc/nginx/nginx.conf"],
      ["content", content],
    ]),
    encodeMessage("print", [
      ["line", "a"],
      ["line", "b"],
    ]),
  ]);
  for (const size of [1000, 65_536, bytes.length]) {
    const pending = { count: 0 };
    const reader = new MessageReader(pending);
    const messages = [];
    for (let at = 0; at < bytes.length; at += size)
      messages.push(...reader.push(bytes.subarray(at, at + size)));
    expect(messages.map(({ operation }) => operation)).toEqual(["write", "print"]);
    expect(messages[0]!.get("content")).toBe(content);
    expect(messages[1]!.all("line")).toEqual(["a", "b"]);
    expect(pending.count).toBe(0);
  }
});

test("what is no message, or too long for one, is refused", () => {
  expect(() => new MessageReader().push(Buffer.from([0, 0, 0, 0]))).toThrow("too long");
  expect(() => new MessageReader().push(Buffer.from([1, 0, 0, 0]))).toThrow("too long");
});

test("processes that never end their messages are refused before they fill the memory", () => {
  const pending = { count: 0 };
  const head = Buffer.alloc(4 << 20);
  head.writeUInt32BE(8 << 20);
  const readers = Array.from({ length: pendingBytesMax / head.length }, () => new MessageReader(pending));
  for (const reader of readers) reader.push(head);
  expect(() => new MessageReader(pending).push(head)).toThrow("unfinished");
  for (const reader of readers.slice(1)) reader.close();
  expect(pending.count).toBe(2 * head.length);
});
