import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ManualClock } from "@/lib/core/clock";
import { closeCodes, decodeServerFrame, type ServerFrame } from "@/lib/contract/terminal-frames";
import { highWaterBytes } from "./client-flow";
import { LocalScreenHost } from "./screen-host";
import { Screen } from "./screen";
import { SessionIndex } from "./session-index";
import { SessionManager } from "./session-manager";
import { MemoryShells } from "./testing/memory-shells";

let folder: string;
let clock: ManualClock;
let shells: MemoryShells;
let screens: LocalScreenHost;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "session-"));
  clock = new ManualClock();
  shells = new MemoryShells();
  screens = new LocalScreenHost();
});
afterEach(() => rmSync(folder, { recursive: true }));

const newManager = () =>
  new SessionManager({
    host: shells,
    screens,
    index: new SessionIndex(folder),
    clock,
    logger: pino({ level: "silent" }),
  });

async function open(manager = newManager()) {
  const { sessionId } = await manager.open({ labId: "lab-one", node: "controlplane", cols: 80, rows: 24 });
  return { manager, session: manager.get(sessionId), sessionId };
}

function client(readOnly = false) {
  const frames: ServerFrame[] = [];
  return {
    readOnly,
    frames,
    send: (bytes: Uint8Array) => void frames.push(decodeServerFrame(bytes)!),
    close: vi.fn(),
    output: () =>
      frames
        .flatMap((frame) => (frame.type === "output" ? [Buffer.from(frame.bytes).toString()] : []))
        .join(""),
  };
}

/** Lets streams and promises run, and the two milliseconds that output is gathered for pass. */
async function settle(ms = 5): Promise<void> {
  for (let i = 0; i < 3; i++) {
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(i === 1 ? ms : 0);
  }
}

const until = (holds: () => boolean) =>
  vi.waitFor(() => expect(holds()).toBe(true), { interval: 5, timeout: 60_000 });

async function snapshotText(frames: ServerFrame[]): Promise<string> {
  const frame = frames.findLast((other) => other.type === "snapshot");
  if (frame?.type !== "snapshot") return "";
  const screen = new Screen(frame.cols, frame.rows);
  await screen.write(frame.bytes);
  return screen.lines().join("\n").trimEnd();
}

describe("a terminal session", () => {
  it("gives a client the screen first and the output after it, without loss or repetition", async () => {
    const { session } = await open();
    shells.print("before\r\n");
    await settle();
    const one = client();
    session.attach(one, 80, 24);
    shells.print("meanwhile\r\n");
    await settle();
    await until(() => one.frames.some(({ type }) => type === "snapshot"));
    shells.print("after");
    await settle();
    expect(`${await snapshotText(one.frames)}\n${one.output()}`).toBe("before\nmeanwhile\r\nafter");
  });

  it("goes on where it was when the host was away for minutes, with what was typed meanwhile", async () => {
    const { session } = await open();
    const one = client();
    const handle = session.attach(one, 80, 24)!;
    shells.print("start ");
    await settle();
    await until(() => one.frames.length > 0);
    shells.goAway();
    await settle();
    handle.input(Buffer.from("ls\n"));
    for (let minute = 0; minute < 5; minute++) {
      await clock.advance(60_000);
      await settle();
    }
    shells.print("unseen ");
    expect(one.frames.filter((frame) => frame.type === "notice")).toMatchObject([{ code: "reattaching" }]);
    shells.comeBack();
    await clock.advance(10_000);
    await settle();
    shells.print("end");
    await settle();
    expect(shells.attachments.at(-1)).toEqual({ fromOffset: 6 });
    expect(one.output()).toContain("unseen end");
    expect(shells.input).toBe("ls\n");
    expect(session.describe().state).toBe("running");
  });

  it("says so when the node has forgotten part of the output", async () => {
    const { session } = await open();
    const one = client();
    session.attach(one, 80, 24);
    shells.print("12345");
    await settle();
    shells.goAway();
    shells.print("6789");
    shells.heldFrom = 7;
    shells.comeBack();
    await settle();
    await clock.advance(10_000);
    await settle();
    expect(one.frames).toContainEqual(expect.objectContaining({ type: "notice", code: "gap" }));
    expect(session.describe().offset).toBe(9);
  });

  it("ends with the exit code, after all of the output", async () => {
    const { session } = await open();
    const one = client();
    session.attach(one, 80, 24);
    await settle();
    shells.print("bye");
    shells.exit(3);
    await settle();
    await until(() => one.frames.some(({ type }) => type === "state"));
    expect(session.describe()).toMatchObject({ state: "exited", exitCode: 3, offset: 3 });
    const late = client();
    session.attach(late, 80, 24);
    await until(() => late.frames.some(({ type }) => type === "snapshot"));
    expect(await snapshotText(late.frames)).toBe("bye");
  });

  it("is lost when the node does not know its shell, asked three times, and never comes back", async () => {
    const { session } = await open();
    shells.known = false;
    shells.goAway();
    shells.comeBack();
    for (let i = 0; i < 6; i++) {
      await settle();
      await clock.advance(1_000);
    }
    expect(session.describe().state).toBe("lost");
    shells.known = true;
    await clock.advance(60_000);
    expect(session.describe().state).toBe("lost");
  });

  it("pauses the shell for a client that does not acknowledge, and goes on when it does", async () => {
    const { session } = await open();
    const one = client();
    const handle = session.attach(one, 80, 24)!;
    await settle();
    await until(() => one.frames.some(({ type }) => type === "snapshot"));
    shells.print(Buffer.alloc(highWaterBytes, "x"));
    await settle();
    expect(shells.paused).toBe(true);
    handle.ack(highWaterBytes);
    await settle();
    expect(shells.paused).toBe(false);
  });

  it("keeps a shell that nobody watches at a pace", async () => {
    await open();
    await settle();
    shells.print(Buffer.alloc(9 << 20, "x"));
    await settle();
    expect(shells.paused).toBe(true);
    await clock.advance(3_000);
    await settle();
    expect(shells.paused).toBe(false);
  });

  it("takes a terminal's own answers from the client that is used, not from each that watches", async () => {
    const { session } = await open();
    const [one, two] = [client(), client()];
    const first = session.attach(one, 80, 24)!;
    const second = session.attach(two, 80, 24)!;
    first.input(Buffer.from("\x1b[?1;2c"));
    second.input(Buffer.from("\x1b[?1;2c"));
    await settle();
    expect(shells.input).toBe("\x1b[?1;2c");
    first.input(Buffer.from("x"));
    await settle();
    expect(shells.input).toBe("\x1b[?1;2cx");
  });

  it("has the size of the client that was used last", async () => {
    const { session } = await open();
    const first = session.attach(client(), 100, 40)!;
    await settle();
    const second = session.attach(client(), 60, 20)!;
    await settle();
    first.input(Buffer.from("a"));
    await settle();
    second.resize(61, 21);
    await settle();
    expect(shells.sizes).toEqual(["80x24", "100x40", "60x20", "100x40", "61x21"]);
    expect(session.describe()).toMatchObject({ cols: 61, rows: 21 });
  });

  it("sends its clients away when it is cut, types nothing that they still send, and goes on", async () => {
    const { manager, session } = await open();
    const one = client();
    const handle = session.attach(one, 80, 24)!;
    handle.input(Buffer.from("in time"));
    await settle();
    manager.cutLab("lab-one");
    handle.input(Buffer.from("too late"));
    await settle();
    expect(shells.input).toBe("in time");
    expect(one.close).toHaveBeenCalledExactlyOnceWith(closeCodes.sessionClosed, expect.any(String));
    expect(session.running).toBe(true);
  });

  it("is taken up by another terminald with screen, offset and title", async () => {
    const { manager, session, sessionId } = await open();
    session.rename("logs");
    shells.print("kept \x1b[3");
    await settle();
    await manager.suspend();
    screens = new LocalScreenHost();
    const next = newManager();
    await next.recover();
    await settle();
    expect(next.list("lab-one")).toMatchObject([{ sessionId, title: "logs", state: "running", offset: 8 }]);
    shells.print("2mgreen");
    await settle();
    const one = client();
    next.get(sessionId).attach(one, 80, 24);
    await until(() => one.frames.some(({ type }) => type === "snapshot"));
    expect(await snapshotText(one.frames)).toBe("kept green");
    await next.close(sessionId);
    expect(shells.running).toBe(false);
  });

  it("has a recording that is whole, also when a kill left its end in the journal", async () => {
    const { manager, sessionId } = await open();
    shells.print("first ");
    await settle();
    await manager.suspend();
    screens = new LocalScreenHost();
    const { file, bytes } = await newManager().recording(sessionId);
    const text = readFileSync(file, "utf8");
    expect(text).toHaveLength(bytes);
    expect(text).toContain('"o","first "');
    await expect(newManager().recording("../../etc/passwd")).rejects.toMatchObject({ code: "not-found" });
  });
});
