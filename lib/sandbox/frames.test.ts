import fc from "fast-check";
import { expect, test } from "vitest";
import { channel, encodeFrame, encodeStdin, FrameReader } from "./frames";

test("frames come back whole and in order however the bytes are cut", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 255 }), fc.uint8Array({ maxLength: 40 }))),
      fc.array(fc.integer({ min: 1, max: 17 }), { minLength: 1 }),
      (frames, cuts) => {
        const bytes = Buffer.concat(
          frames.map(([number, payload]) => encodeFrame(number, Buffer.from(payload))),
        );
        const reader = new FrameReader();
        const seen: [number, number[]][] = [];
        for (let at = 0, turn = 0; at < bytes.length; turn++) {
          const length = cuts[turn % cuts.length]!;
          for (const frame of reader.push(bytes.subarray(at, at + length)))
            seen.push([frame.channel, [...frame.payload]]);
          at += length;
        }
        expect(seen).toEqual(frames.map(([number, payload]) => [number, [...payload]]));
      },
    ),
  );
});

test("a frame longer than any may be is refused", () => {
  const head = Buffer.from([1, 0xff, 0xff, 0xff, 0xff]);
  expect(() => new FrameReader().push(head)).toThrow(RangeError);
});

test("stdin ends with its close", () => {
  const frames = new FrameReader().push(encodeStdin(Buffer.alloc(70_000, 7)));
  expect(frames.map((frame) => [frame.channel, frame.payload.length])).toEqual([
    [channel.stdin, 65_536],
    [channel.stdin, 4464],
    [channel.close, 1],
  ]);
});
