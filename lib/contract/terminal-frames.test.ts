import { describe, expect, it } from "vitest";
import fc from "fast-check";
import {
  clientFrameBytesMax,
  decodeClientFrame,
  decodeServerFrame,
  encodeClientFrame,
  encodeServerFrame,
  inputBytesMax,
  type ClientFrame,
  type ServerFrame,
} from "./terminal-frames";

const offset = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const grid = { cols: fc.integer({ min: 2, max: 500 }), rows: fc.integer({ min: 2, max: 300 }) };
const bytes = fc.uint8Array({ maxLength: 500 });

const clientFrames: fc.Arbitrary<ClientFrame> = fc.oneof(
  fc.record({ type: fc.constant("hello" as const), version: fc.integer({ min: 0, max: 255 }), ...grid }),
  fc.record({ type: fc.constant("input" as const), bytes: fc.uint8Array({ minLength: 1, maxLength: 500 }) }),
  fc.record({ type: fc.constant("ack" as const), offset }),
  fc.record({ type: fc.constant("resize" as const), ...grid }),
  fc.record({ type: fc.constant("ping" as const), id: fc.integer({ min: 0, max: 2 ** 32 - 1 }) }),
);
const serverFrames: fc.Arbitrary<ServerFrame> = fc.oneof(
  fc.record({ type: fc.constant("output" as const), offset, bytes }),
  fc.record({
    type: fc.constant("snapshot" as const),
    offset,
    ...grid,
    readOnly: fc.boolean(),
    title: fc.string({ unit: "grapheme", maxLength: 50 }),
    bytes,
  }),
  fc.record(
    {
      type: fc.constant("state" as const),
      state: fc.constantFrom("running" as const, "exited" as const, "lost" as const),
      exitCode: fc.integer({ min: 0, max: 255 }),
    },
    { requiredKeys: ["type", "state"] },
  ),
  fc.record({ type: fc.constant("size" as const), ...grid }),
  fc.record({ type: fc.constant("notice" as const), code: fc.constant("gap" as const), text: fc.string() }),
  fc.record({ type: fc.constant("pong" as const), id: fc.integer({ min: 0, max: 2 ** 32 - 1 }) }),
);

describe("terminal frames", () => {
  it("come back as they were sent, from the client", () => {
    fc.assert(
      fc.property(clientFrames, (frame) => {
        expect(decodeClientFrame(encodeClientFrame(frame))).toEqual(frame);
      }),
    );
  });

  it("come back as they were sent, from the server", () => {
    fc.assert(
      fc.property(serverFrames, (frame) => {
        expect(decodeServerFrame(encodeServerFrame(frame))).toEqual(frame);
      }),
    );
  });

  it("are read from the middle of a larger buffer", () => {
    const frame = encodeClientFrame({ type: "ack", offset: 2 ** 40 + 7 });
    const larger = new Uint8Array(32);
    larger.set(frame, 11);
    expect(decodeClientFrame(larger.subarray(11, 11 + frame.length))).toEqual({
      type: "ack",
      offset: 2 ** 40 + 7,
    });
  });

  it("never throw on any bytes, and what is read is within the limits", () => {
    const anyBytes = fc
      .tuple(fc.constantFrom(0, 1, 2, 3, 4, 5, 6, 0x10, 0x11, 0x12, 0x13, 0x14, 0xff), fc.uint8Array())
      .map(([type, rest]) => new Uint8Array([type, ...rest]));
    fc.assert(
      fc.property(fc.oneof(anyBytes, fc.uint8Array()), (junk) => {
        decodeServerFrame(junk);
        const frame = decodeClientFrame(junk);
        if (frame?.type === "resize" || frame?.type === "hello") {
          expect(frame.cols).toBeGreaterThanOrEqual(2);
          expect(frame.cols).toBeLessThanOrEqual(500);
          expect(frame.rows).toBeLessThanOrEqual(300);
        }
        if (frame?.type === "ack") expect(Number.isSafeInteger(frame.offset)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it("refuse an input larger than allowed, and nonsense sizes", () => {
    expect(clientFrameBytesMax).toBeGreaterThan(inputBytesMax);
    expect(
      decodeClientFrame(encodeClientFrame({ type: "input", bytes: new Uint8Array(inputBytesMax + 1) })),
    ).toBeUndefined();
    expect(decodeClientFrame(encodeClientFrame({ type: "resize", cols: 65535, rows: 24 }))).toBeUndefined();
    expect(decodeClientFrame(encodeClientFrame({ type: "resize", cols: 80, rows: 0 }))).toBeUndefined();
  });
});
