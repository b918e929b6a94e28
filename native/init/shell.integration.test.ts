import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Scope } from "@/lib/core/scope";
import { call, request } from "../test-client";
import { run, startNode, type TestNode } from "../test-node";

let scope: Scope;
let node: TestNode;
beforeEach(async () => {
  scope = new Scope();
  node = await startNode(scope);
});
afterEach(() => scope.close());

const bash = ["arg=bash", "arg=--norc", "arg=--noprofile", "env=PS1=$ ", "env=TERM=xterm"];
const shell = (id: string, values: readonly string[] = bash) =>
  request(node.socket, "shell", [`id=${id}`, ...values]);

describe("shell", () => {
  it("is created once and attached to afterwards, from any offset that is held", async () => {
    const first = await shell("one");
    expect([first.reply.get("offset"), first.reply.get("created")]).toEqual(["0", "1"]);
    first.connection.socket.write("X=kept\n");
    const seen = await first.connection.readUntil("X=kept\r\n");
    first.connection.close();
    const again = await shell("one", [...bash, `from=${seen.length}`]);
    expect([again.reply.get("offset"), again.reply.get("created")]).toEqual([String(seen.length), "0"]);
    again.connection.socket.write("echo [$X]\n");
    await again.connection.readUntil("[kept]");
    const whole = await shell("one");
    expect(await whole.connection.readUntil("[kept]")).toContain("X=kept");
  });

  it("ends the former attachment when another comes", async () => {
    const first = await shell("one");
    await shell("one");
    await first.connection.readToEnd();
  });

  it("gives every byte of 2 MB to a client that goes and comes back by offset", async () => {
    const script = "stty -opost; head -c 2097152 /dev/zero | tr '\\0' x; printf END; sleep 1000";
    const values = ["arg=sh", "arg=-c", `arg=${script}`];
    let offset = 0;
    let text = "";
    for (let turn = 0; !text.endsWith("END"); turn++) {
      const { connection, reply } = await shell("much", [...values, `from=${offset}`]);
      expect(Number(reply.get("offset"))).toBe(offset);
      const part = turn < 5 ? (await connection.read(200_000)).toString() : await connection.readUntil("END");
      connection.close();
      text += part;
      offset += part.length;
    }
    expect(text.length).toBe(2097152 + 3);
    expect(/^x+END$/.test(text)).toBe(true);
  });

  it("stops reading when nobody takes the output, and holds at least 512 KiB to send again", async () => {
    const { connection } = await shell("flood", ["arg=sh", "arg=-c", "arg=stty -opost; yes"]);
    connection.socket.pause();
    const offset = async () => {
      const [item = ""] = (await call(node.socket, "shell-list")).all("shell");
      return Number(item.split(":")[3]);
    };
    let before = -1;
    for (let now = await offset(); now !== before || now === 0; now = await offset()) {
      before = now;
      await run(node, "sleep 0.2");
    }
    connection.close();
    const again = await shell("flood", ["from=0"]);
    expect(before - Number(again.reply.get("offset"))).toBeGreaterThanOrEqual(512 * 1024);
    expect(before - Number(again.reply.get("offset"))).toBeLessThanOrEqual(1024 * 1024);
  });

  it("resizes its terminal", async () => {
    const { connection } = await shell("one");
    await call(node.socket, "shell-resize", ["id=one", "cols=101", "rows=33"]);
    connection.socket.write("stty size\n");
    await connection.readUntil("33 101");
  });

  it("ends the connection when the shell ends, and remembers the exit code", async () => {
    const { connection, reply } = await shell("one");
    expect(reply.get("created")).toBe("1");
    connection.socket.write("echo bye; exit 5\n");
    expect((await connection.readToEnd()).toString()).toContain("bye");
    const [item] = (await call(node.socket, "shell-list")).all("shell");
    expect(item).toMatch(/^one:exited:5:\d+$/);
    const later = await shell("one");
    expect((await later.connection.readToEnd()).toString()).toContain("bye");
    await call(node.socket, "shell-close", ["id=one"]);
    expect((await call(node.socket, "shell-list")).all("shell")).toEqual([]);
  });

  it("is hung up, whatever it ignores, when it is closed", async () => {
    const { connection } = await shell("stubborn", [
      "arg=sh",
      "arg=-c",
      "arg=trap '' HUP TERM; echo up; sleep 97",
    ]);
    await connection.readUntil("up");
    await call(node.socket, "shell-close", ["id=stubborn"]);
    await run(node, "while pgrep -x sleep >/dev/null; do read -t 0.02 x </dev/zero || :; done");
  });

  it("tells whoever waits for events", async () => {
    const before = (await call(node.socket, "events", ["revision=0", "timeout_ms=0"])).get("revision")!;
    const waiting = call(node.socket, "events", [`revision=${before}`]);
    await shell("one");
    expect(Number((await waiting).get("revision"))).toBeGreaterThan(Number(before));
  });

  it("is refused past 32, with names that are no ids, and without a command", async () => {
    expect((await call(node.socket, "shell", ["id=../x", ...bash])).get("code")).toBe("invalid");
    expect((await call(node.socket, "shell", ["id=x"])).get("code")).toBe("invalid");
    for (let i = 0; i < 32; i++) expect((await shell(`s${i}`, ["arg=cat"])).reply.status).toBe("ok");
    expect((await call(node.socket, "shell", ["id=more", "arg=cat"])).get("code")).toBe("exhausted");
  });
});
