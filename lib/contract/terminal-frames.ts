/**
 * What a browser and terminald say to each other over a WebSocket: binary messages, one frame each, a type byte and a
 * payload. Numbers are big-endian; `u64` offsets count bytes of PTY output since the shell began and stay below 2^53.
 * Nothing here needs Node: the browser bundles this file.
 *
 *     server -> client
 *       0x01 output    u64 offset of the first byte, raw bytes
 *       0x02 snapshot  u64 offset, u16 cols, u16 rows, u8 flags (1: read-only), u16 title length, title, raw bytes:
 *                      resize to cols x rows, reset, write the bytes; then the screen is that of `offset`
 *       0x03 state     JSON {state, exitCode?}
 *       0x04 size      u16 cols, u16 rows: the PTY has this size from here on
 *       0x05 notice    JSON {code, text}: a sentence for the person
 *       0x06 pong      u32 id
 *     client -> server
 *       0x10 hello     u8 version, u16 cols, u16 rows: first, once
 *       0x11 input     raw bytes, at most `inputBytesMax`
 *       0x12 ack       u64 offset: everything before it is on the screen
 *       0x13 resize    u16 cols, u16 rows: the size this client would like
 *       0x14 ping      u32 id
 */
export const framesVersion = 1;
/** Most bytes of one input frame; longer pastes are cut by the sender. */
export const inputBytesMax = 32 * 1024;
/** A WebSocket message from a browser is never larger. */
export const clientFrameBytesMax = 64 * 1024;
export const colsRange = { min: 2, max: 500 } as const;
export const rowsRange = { min: 2, max: 300 } as const;

/** Why a terminal connection was closed, beyond the codes of RFC 6455. */
export const closeCodes = {
  protocol: 4400,
  notFound: 4404,
  helloTimeout: 4408,
  sessionClosed: 4410,
  tooManyClients: 4429,
  terminalDown: 4503,
} as const;

export type SessionState = "running" | "exited" | "lost";
export type NoticeCode = "gap" | "input-dropped" | "disk-full" | "reattaching" | "reattached";
const sessionStates: readonly string[] = ["running", "exited", "lost"] satisfies SessionState[];
const noticeCodes: readonly string[] = [
  "gap",
  "input-dropped",
  "disk-full",
  "reattaching",
  "reattached",
] satisfies NoticeCode[];

export type ServerFrame =
  | { type: "output"; offset: number; bytes: Uint8Array }
  | {
      type: "snapshot";
      offset: number;
      cols: number;
      rows: number;
      readOnly: boolean;
      title: string;
      bytes: Uint8Array;
    }
  | { type: "state"; state: SessionState; exitCode?: number }
  | { type: "size"; cols: number; rows: number }
  | { type: "notice"; code: NoticeCode; text: string }
  | { type: "pong"; id: number };

export type ClientFrame =
  | { type: "hello"; version: number; cols: number; rows: number }
  | { type: "input"; bytes: Uint8Array }
  | { type: "ack"; offset: number }
  | { type: "resize"; cols: number; rows: number }
  | { type: "ping"; id: number };

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: false });

export function encodeServerFrame(frame: ServerFrame): Uint8Array<ArrayBuffer> {
  switch (frame.type) {
    case "output": {
      const bytes = start(0x01, 8 + frame.bytes.length);
      putOffset(bytes, 1, frame.offset);
      bytes.set(frame.bytes, 9);
      return bytes;
    }
    case "snapshot": {
      const title = encoder.encode(frame.title).subarray(0, 1024);
      const bytes = start(0x02, 15 + title.length + frame.bytes.length);
      const view = new DataView(bytes.buffer);
      putOffset(bytes, 1, frame.offset);
      view.setUint16(9, frame.cols);
      view.setUint16(11, frame.rows);
      view.setUint8(13, frame.readOnly ? 1 : 0);
      view.setUint16(14, title.length);
      bytes.set(title, 16);
      bytes.set(frame.bytes, 16 + title.length);
      return bytes;
    }
    case "state":
      return json(0x03, { state: frame.state, exitCode: frame.exitCode });
    case "size":
      return size(0x04, frame.cols, frame.rows);
    case "notice":
      return json(0x05, { code: frame.code, text: frame.text });
    case "pong":
      return counter(0x06, frame.id);
  }
}

export function encodeClientFrame(frame: ClientFrame): Uint8Array<ArrayBuffer> {
  switch (frame.type) {
    case "hello": {
      const bytes = start(0x10, 5);
      bytes[1] = frame.version;
      new DataView(bytes.buffer).setUint16(2, frame.cols);
      new DataView(bytes.buffer).setUint16(4, frame.rows);
      return bytes;
    }
    case "input": {
      const bytes = start(0x11, frame.bytes.length);
      bytes.set(frame.bytes, 1);
      return bytes;
    }
    case "ack": {
      const bytes = start(0x12, 8);
      putOffset(bytes, 1, frame.offset);
      return bytes;
    }
    case "resize":
      return size(0x13, frame.cols, frame.rows);
    case "ping":
      return counter(0x14, frame.id);
  }
}

/** The frame in `bytes`, or undefined when it is not one: the payloads share memory with `bytes`. */
export function decodeClientFrame(bytes: Uint8Array): ClientFrame | undefined {
  const view = viewOf(bytes);
  switch (bytes[0]) {
    case 0x10: {
      if (bytes.length !== 6) return undefined;
      const grid = readSize(view, 2);
      return grid && { type: "hello", version: view.getUint8(1), ...grid };
    }
    case 0x11:
      if (bytes.length < 2 || bytes.length > 1 + inputBytesMax) return undefined;
      return { type: "input", bytes: bytes.subarray(1) };
    case 0x12: {
      if (bytes.length !== 9) return undefined;
      const offset = readOffset(view, 1);
      return offset === undefined ? undefined : { type: "ack", offset };
    }
    case 0x13: {
      const grid = bytes.length === 5 ? readSize(view, 1) : undefined;
      return grid && { type: "resize", ...grid };
    }
    case 0x14:
      return bytes.length === 5 ? { type: "ping", id: view.getUint32(1) } : undefined;
    default:
      return undefined;
  }
}

/** As `decodeClientFrame`, for what the server says. */
export function decodeServerFrame(bytes: Uint8Array): ServerFrame | undefined {
  const view = viewOf(bytes);
  switch (bytes[0]) {
    case 0x01: {
      const offset = bytes.length >= 9 ? readOffset(view, 1) : undefined;
      return offset === undefined ? undefined : { type: "output", offset, bytes: bytes.subarray(9) };
    }
    case 0x02: {
      if (bytes.length < 16) return undefined;
      const offset = readOffset(view, 1);
      const grid = readSize(view, 9);
      const titleEnd = 16 + view.getUint16(14);
      if (offset === undefined || !grid || titleEnd > bytes.length) return undefined;
      return {
        type: "snapshot",
        offset,
        ...grid,
        readOnly: (view.getUint8(13) & 1) === 1,
        title: decoder.decode(bytes.subarray(16, titleEnd)),
        bytes: bytes.subarray(titleEnd),
      };
    }
    case 0x03: {
      const { state, exitCode } = readJson(bytes);
      if (typeof state !== "string" || !sessionStates.includes(state)) return undefined;
      return {
        type: "state",
        state: state as SessionState,
        ...(Number.isInteger(exitCode) ? { exitCode: exitCode as number } : {}),
      };
    }
    case 0x04: {
      const grid = bytes.length === 5 ? readSize(view, 1) : undefined;
      return grid && { type: "size", ...grid };
    }
    case 0x05: {
      const { code, text } = readJson(bytes);
      if (typeof code !== "string" || !noticeCodes.includes(code) || typeof text !== "string")
        return undefined;
      return { type: "notice", code: code as NoticeCode, text };
    }
    case 0x06:
      return bytes.length === 5 ? { type: "pong", id: view.getUint32(1) } : undefined;
    default:
      return undefined;
  }
}

function start(type: number, payloadBytes: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(1 + payloadBytes);
  bytes[0] = type;
  return bytes;
}

function json(type: number, value: object): Uint8Array<ArrayBuffer> {
  const text = encoder.encode(JSON.stringify(value));
  const bytes = start(type, text.length);
  bytes.set(text, 1);
  return bytes;
}

function size(type: number, cols: number, rows: number): Uint8Array<ArrayBuffer> {
  const bytes = start(type, 4);
  new DataView(bytes.buffer).setUint16(1, cols);
  new DataView(bytes.buffer).setUint16(3, rows);
  return bytes;
}

function counter(type: number, id: number): Uint8Array<ArrayBuffer> {
  const bytes = start(type, 4);
  new DataView(bytes.buffer).setUint32(1, id);
  return bytes;
}

function putOffset(bytes: Uint8Array<ArrayBuffer>, at: number, offset: number): void {
  const view = new DataView(bytes.buffer);
  view.setUint32(at, Math.floor(offset / 2 ** 32));
  view.setUint32(at + 4, offset >>> 0);
}

function readOffset(view: DataView, at: number): number | undefined {
  const offset = view.getUint32(at) * 2 ** 32 + view.getUint32(at + 4);
  return Number.isSafeInteger(offset) ? offset : undefined;
}

function readSize(view: DataView, at: number): { cols: number; rows: number } | undefined {
  const cols = view.getUint16(at);
  const rows = view.getUint16(at + 2);
  const fits =
    cols >= colsRange.min && cols <= colsRange.max && rows >= rowsRange.min && rows <= rowsRange.max;
  return fits ? { cols, rows } : undefined;
}

function readJson(bytes: Uint8Array): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(decoder.decode(bytes.subarray(1)));
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
