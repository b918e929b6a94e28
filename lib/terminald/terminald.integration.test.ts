import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { FakeLabd } from "@/lib/terminal/testing/fake-labd";
import { TestTerminalClient } from "@/lib/terminal/testing/terminal-client";
import { fakeLabd, TerminaldProcess } from "@/lib/terminal/testing/terminald-process";
import { Screen } from "@/lib/terminal/screen";

let labd: FakeLabd;
let terminald: TerminaldProcess;
let clients: TestTerminalClient[];

beforeEach(async () => {
  labd = fakeLabd();
  terminald = new TerminaldProcess();
  clients = [];
  await labd.start(terminald.labdSocket);
  await terminald.start();
});

afterEach(async () => {
  await Promise.all(clients.map((client) => client.close()));
  const { errors } = terminald;
  await terminald.dispose();
  await labd.dispose();
  expect(errors).toEqual([]);
});

const open = (options: { cols?: number; rows?: number } = {}) =>
  terminald.rpc.call("session.open", { labId: "lab-one", node: "controlplane", ...options });

function connect(sessionId: string, options?: Parameters<typeof TestTerminalClient.onSocket>[2]) {
  const client = TestTerminalClient.onSocket(terminald.socket, sessionId, options);
  clients.push(client);
  return client;
}

describe("terminald", () => {
  it("runs a shell that a client types into", async () => {
    const { sessionId } = await open();
    const client = connect(sessionId);
    await client.untilText("$");
    client.type("echo $((6*7)) häßlich 日本\n");
    await client.untilText("42 häßlich 日本");
  });

  it("shows the same screen of vim after kill -9 and a new start", async () => {
    const { sessionId } = await open({ cols: 90, rows: 30 });
    const file = join(terminald.folder, "notes.txt");
    writeFileSync(file, Array.from({ length: 200 }, (_, i) => `line ${i} with wide 漢字`).join("\n"));
    const before = connect(sessionId, { cols: 90, rows: 30 });
    await before.untilText("$");
    before.type("echo before vim\n");
    await before.untilText("before vim");
    before.type(`vim -u NONE -N -c 'set number' ${file}\n`);
    await before.untilText(/200L|200 lines|6400B/);
    before.type("50Gzt");
    await before.untilText("50 line 49");
    before.type("iinserted ");
    await before.untilText("inserted line 49");
    const shown = before.screen.lines();

    await terminald.end("SIGKILL");
    await before.until(() => before.closed !== undefined, "the connection breaks");
    await terminald.start();

    const after = connect(sessionId, { cols: 90, rows: 30 });
    await after.until(() => after.snapshots === 1, "a snapshot");
    expect(after.screen.alternate).toBe(true);
    expect(after.screen.lines()).toEqual(shown);
    expect(after.screen.cursor).toEqual(before.screen.cursor);
    after.type("and more \x1b:wq\n");
    await after.untilText("before vim");
    await after.until(() => !after.screen.alternate, "the normal screen");
    expect(readFileSync(file, "utf8")).toContain("inserted and more line 49");
  });

  it("goes on at the right byte when labd is killed and comes back", async () => {
    const { sessionId } = await open();
    const client = connect(sessionId);
    await client.untilText("$");
    client.type("for i in $(seq 1 40); do echo tick $i; sleep 0.05; done; echo done-$((1+1))\n");
    await client.untilText("tick 3");
    await labd.stop();
    await client.until(
      () => client.frames.some((f) => f.type === "notice" && f.code === "reattaching"),
      "notice",
    );
    client.type("echo typed-meanwhile\n");
    await labd.start(terminald.labdSocket);
    await client.untilText("done-2");
    await client.untilText(/\ntyped-meanwhile/);
    const scrollback = client.screen.serialize().toString();
    for (let i = 1; i <= 40; i++) expect(scrollback.split(`tick ${i}\r\n`).length, `tick ${i}`).toBe(2);
    expect(client.frames.some((f) => f.type === "notice" && f.code === "gap")).toBe(false);
  });

  it("tells that a shell has ended, and with what", async () => {
    const { sessionId } = await open();
    const client = connect(sessionId);
    await client.untilText("$");
    client.type("exit 7\n");
    await client.until(() => client.frames.some((f) => f.type === "state"), "state");
    expect(client.frames.findLast((f) => f.type === "state")).toEqual({
      type: "state",
      state: "exited",
      exitCode: 7,
    });
    const { sessions } = await terminald.rpc.call("session.list", { labId: "lab-one" });
    expect(sessions[0]).toMatchObject({ state: "exited", exitCode: 7 });
    const later = connect(sessionId);
    await later.untilText("exit 7");
  });

  it("calls a shell lost that its node does not know any more", async () => {
    const { sessionId } = await open();
    const client = connect(sessionId);
    await client.untilText("$");
    await labd.stop();
    labd.forget(sessionId);
    await labd.start(terminald.labdSocket);
    await client.until(() => client.frames.some((f) => f.type === "state" && f.state === "lost"), "lost");
  });

  it("keeps two clients on one shell in step, at the size of the one used last", async () => {
    const { sessionId } = await open();
    const [one, two] = [connect(sessionId), connect(sessionId, { cols: 100, rows: 40 })];
    await two.untilText("$");
    await one.until(() => one.screen.cols === 100, "the size of the newer client");
    one.type("tput cols; echo from-one\n");
    await two.untilText(/80\nfrom-one/);
    expect(two.screen.cols).toBe(80);
    two.type("tput cols; echo from-two\n");
    await one.untilText(/100\nfrom-two/);
    await two.untilText(/100\nfrom-two\n\$/);
    await one.untilText(/100\nfrom-two\n\$/);
    expect(one.screen.lines()).toEqual(two.screen.lines());
    expect(one.screen.rows).toBe(40);
  });

  it("lets a read-only client watch and nothing else", async () => {
    const { sessionId } = await open();
    const [writer, watcher] = [
      connect(sessionId),
      connect(sessionId, { readOnly: true, cols: 40, rows: 10 }),
    ];
    await watcher.until(() => watcher.snapshots === 1, "snapshot");
    expect(watcher.readOnly).toBe(true);
    watcher.type("echo intruder\n");
    watcher.resize(33, 11);
    writer.type("echo seen\n");
    await watcher.untilText("seen");
    expect(watcher.screen.cols).toBe(80);
    expect(watcher.text).not.toContain("intruder");
  });

  it(
    "passes 50 MB through with bounded memory, to a client that acknowledges",
    { timeout: 120_000 },
    async () => {
      const { sessionId } = await open();
      const file = join(terminald.folder, "big");
      const line = Buffer.from(`${"0123456789abcdef".repeat(6)}\n`);
      writeFileSync(file, Buffer.concat(Array.from({ length: Math.ceil(50e6 / line.length) }, () => line)));
      const client = connect(sessionId);
      await client.untilText("$");
      let peakKb = 0;
      const watch = setInterval(() => (peakKb = Math.max(peakKb, rssKb(terminald.pid))), 50);
      client.type(`cat ${file}; echo all-$((1+1))\n`);
      await client.untilText("all-2", 120_000);
      clearInterval(watch);
      expect(client.received).toBeGreaterThan(50e6);
      expect(peakKb).toBeLessThan(400_000);
      const reader = connect(sessionId);
      await reader.until(() => reader.snapshots === 1, "snapshot");
      expect(reader.screen.scrollback).toBe(10_000);
    },
  );

  it("does not let a stuck client stall another, and gives it the true screen when it is back", async () => {
    const { sessionId } = await open();
    const quick = connect(sessionId);
    const stuck = connect(sessionId, { acknowledges: false });
    await stuck.untilText("$");
    quick.type("yes 0123456789012345678901234567890 | head -c 8000000; echo finished-$((1+1))\n");
    await quick.untilText("finished-2", 120_000);
    expect(stuck.snapshots).toBe(1);
    expect(stuck.text).not.toContain("finished-2");
    stuck.acknowledges = true;
    stuck.ack();
    await stuck.untilText("finished-2");
    expect(stuck.snapshots).toBe(2);
    expect(stuck.screen.lines()).toEqual(quick.screen.lines());
  });

  it("records an asciicast from the first byte, over a kill and with resizes", async () => {
    const { sessionId } = await open({ cols: 80, rows: 24 });
    const client = connect(sessionId);
    await client.untilText("$");
    client.type("echo über\n");
    await client.untilText(/\nüber/);
    await terminald.end("SIGKILL");
    await terminald.start();
    const again = connect(sessionId, { cols: 101, rows: 33 });
    await again.untilText("über");
    again.type("echo after\n");
    await again.untilText(/\nafter/);

    const { reply, socket } = await terminald.rpc.open("recording", { sessionId });
    const chunks: Buffer[] = [];
    for await (const chunk of socket.resume()) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    expect(Buffer.byteLength(text)).toBe(reply.bytes);
    const [header, ...events] = text
      .trimEnd()
      .split("\n")
      .map((row) => JSON.parse(row) as unknown);
    expect(header).toMatchObject({ version: 2, width: 80, height: 24, title: "controlplane" });
    const replayed = new Screen(80, 24);
    for (const [, code, data] of events as [number, string, string][]) {
      if (code === "o") await replayed.write(Buffer.from(data));
      if (code === "r") replayed.resize(...(data.split("x").map(Number) as [number, number]));
    }
    expect(replayed.lines()).toEqual(again.screen.lines());
    expect((events as [number, string, string][]).some(([, code, d]) => code === "r" && d === "101x33")).toBe(
      true,
    );
  });

  it("keeps the recording of a closed lab until it is removed", async () => {
    const { sessionId } = await open();
    const client = connect(sessionId);
    await client.untilText("$");
    client.type("echo kept\n");
    await client.untilText(/\nkept/);
    await terminald.rpc.call("lab.close", { labId: "lab-one" });
    await client.until(() => client.closed !== undefined, "closed");
    expect(client.closed?.code).toBe(4410);
    const { recordings } = await terminald.rpc.call("recording.list", { labId: "lab-one" });
    expect(recordings).toMatchObject([{ sessionId, title: "controlplane" }]);
    expect(readFileSync(join(terminald.recordings, "lab-one", `${sessionId}.cast`), "utf8")).toContain(
      "kept",
    );
    await terminald.rpc.call("recording.remove", { labId: "lab-one" });
    expect((await terminald.rpc.call("recording.list", { labId: "lab-one" })).recordings).toEqual([]);
  });

  it("holds to its limits: terminals of a lab, junk on the wire, unknown terminals", async () => {
    for (let i = 0; i < 8; i++) await open();
    await expect(open()).rejects.toMatchObject({ code: "exhausted" });
    const nobody = connect("nosuchsession1234567");
    await nobody.until(() => nobody.closed !== undefined, "closed");
    expect(nobody.closed?.code).toBe(4404);
    const { sessions } = await terminald.rpc.call("session.list", { labId: "lab-one" });
    const rude = connect(sessions[0]!.sessionId);
    await rude.until(() => rude.snapshots === 1, "snapshot");
    rude.socket.send("text");
    await rude.until(() => rude.closed !== undefined, "closed");
    expect(rude.closed?.code).toBe(4400);
    const huge = connect(sessions[0]!.sessionId);
    await huge.until(() => huge.snapshots === 1, "snapshot");
    huge.socket.send(Buffer.alloc(70_000, 0x11));
    await huge.until(() => huge.closed !== undefined, "closed");
    expect(huge.closed?.code).toBe(1009);
  });
});

function rssKb(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0);
}
