import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { startTestLabd, type TestLabd } from "@/lib/labd/testing";
import { TestTerminalClient } from "@/lib/terminal/testing/terminal-client";
import { TerminaldProcess } from "@/lib/terminal/testing/terminald-process";

/** Terminals of a real lab's node: its PID 1 holds the PTY, labd joins, terminald keeps. */
const labId = "terminal-lab";
const node = "controlplane";
let labd: TestLabd;
let terminald: TerminaldProcess;
let clients: TestTerminalClient[] = [];

beforeAll(async () => {
  labd = await startTestLabd();
  await labd.client.call("sandbox.create", {
    sandboxId: labId,
    network: { cidr: "172.30.7.0/24", gateway: "172.30.7.1" },
    nodes: [{ name: node, interface: "eth0", address: "172.30.7.10/24", mac: "02:42:ac:1e:07:0a" }],
  });
  terminald = new TerminaldProcess(labd.runDir);
  await terminald.start();
}, 400_000);
afterEach(async () => {
  await Promise.all(clients.map((client) => client.close()));
  clients = [];
});
afterAll(async () => {
  await terminald?.dispose();
  await labd.close();
});

const open = async () => (await terminald.rpc.call("session.open", { labId, node })).sessionId;
async function connect(sessionId: string): Promise<TestTerminalClient> {
  const client = TestTerminalClient.onSocket(terminald.socket, sessionId);
  clients.push(client);
  await client.until(() => client.snapshots === 1, "a snapshot");
  return client;
}

it("is a login shell of root on the node", async () => {
  const client = await connect(await open());
  client.type("echo $(id -un)@$(hostname) $TERM $((6*7)); tty\n");
  await client.untilText(/root@controlplane xterm-256color 42\s+\/dev\/pts\/\d/);
});

it("has the same vim on the screen after kill -9 of terminald and of labd, one after the other", async () => {
  const sessionId = await open();
  const before = await connect(sessionId);
  before.type("PS1='$ '; seq 1 500 > /tmp/numbers; vim -u NONE -N -c 'set number' /tmp/numbers\n");
  await before.untilText(/500L|500 lines/);
  before.type("200Gzt");
  await before.untilText(/200 200/);
  before.type("ichanged ");
  await before.untilText("changed 200");
  const shown = before.screen.lines();

  await terminald.end("SIGKILL");
  await labd.kill();
  await labd.restart();
  await terminald.start();

  const after = await connect(sessionId);
  expect(after.screen.alternate).toBe(true);
  expect(after.screen.lines()).toEqual(shown);
  expect(after.screen.cursor).toEqual(before.screen.cursor);
  after.type("twice \x1b:wq\n");
  await after.until(() => !after.screen.alternate, "the normal screen");
  after.type("sed -n 200p /tmp/numbers\n");
  await after.untilText("changed twice 200");
}, 300_000);

it("loses no byte of a long output when labd is killed in the middle of it", async () => {
  const sessionId = await open();
  const client = await connect(sessionId);
  client.type("PS1='$ '; for i in $(seq 1 30); do echo tick $i; sleep 0.05; done; echo done-$((1+1))\n");
  await client.untilText("tick 5");
  await labd.kill();
  await labd.restart();
  await client.untilText("done-2", 120_000);
  const scrollback = client.screen.serialize().toString();
  for (let i = 1; i <= 30; i++) expect(scrollback.split(`tick ${i}\r\n`).length, `tick ${i}`).toBe(2);
  expect(client.frames.some((frame) => frame.type === "notice" && frame.code === "gap")).toBe(false);
}, 300_000);

it("resizes the PTY and tells how the shell ended", async () => {
  const client = await connect(await open());
  client.resize(111, 33);
  await client.until(() => client.screen.cols === 111, "size");
  client.type("stty size\n");
  await client.untilText("33 111");
  client.type("exit 4\n");
  await client.until(() => client.frames.some((frame) => frame.type === "state"), "state");
  expect(client.frames.find((frame) => frame.type === "state")).toMatchObject({
    state: "exited",
    exitCode: 4,
  });
});

it("is refused for a lab or node that does not run", async () => {
  await expect(terminald.rpc.call("session.open", { labId: "no-such-lab", node })).rejects.toMatchObject({
    code: "not-found",
  });
  await expect(terminald.rpc.call("session.open", { labId, node: "node99" })).rejects.toMatchObject({
    code: "not-found",
  });
});
