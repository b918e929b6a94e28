import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { pino } from "pino";
import WebSocket from "ws";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Actor } from "@/lib/auth/roles";
import { issueTicket, TicketGate, type TicketClaims } from "@/lib/auth/tickets";
import { getStart } from "@/lib/exam/get-start";
import { startAttempt } from "@/lib/exam/start-attempt";
import { submitAttempt } from "@/lib/exam/submit-attempt";
import type { ExamDeps } from "@/lib/exam/deps";
import { startExamTest, type ExamTest } from "@/lib/exam/testing/exam-test";
import { TestTerminalClient } from "@/lib/terminal/testing/terminal-client";
import { fakeLabd, TerminaldProcess } from "@/lib/terminal/testing/terminald-process";
import { TerminalGateway } from "./terminal-gateway";
import { recheckTicket, requireTerminalSession } from "./terminal-permission";
import { createWebServer } from "./web-server";

const secret = "a secret of at least 32 characters, for tests";
const labd = fakeLabd();
const terminald = new TerminaldProcess();
let test: ExamTest;
let deps: ExamDeps;
let server: Server;
let gateway: TerminalGateway;
let student: Actor, other: Actor, grader: Actor;
let attemptId: string, sessionId: string;
let clients: TestTerminalClient[];

beforeAll(async () => {
  test = await startExamTest();
  await labd.start(terminald.labdSocket);
  await terminald.start();
});
afterAll(async () => {
  await terminald.dispose();
  await labd.dispose();
  await test.stop();
});

beforeEach(async () => {
  await test.reset();
  clients = [];
  deps = { ...test.deps, terminald: terminald.rpc };
  [student, other, grader] = [
    await test.actor("STUDENT"),
    await test.actor("STUDENT"),
    await test.actor("GRADER"),
  ];
  ({ attemptId, sessionId } = await runningAttempt(student));
  await startWeb();
});
afterEach(async () => {
  await Promise.all(clients.map((client) => client.close()));
  await stopWeb();
});

async function startWeb(): Promise<void> {
  const logger = pino({ level: "silent" });
  gateway = new TerminalGateway({
    gate: new TicketGate(secret, deps.clock),
    clock: deps.clock,
    logger,
    terminaldSocket: terminald.socket,
    publicUrl: "https://exam.example",
    recheck: (claims) => recheckTicket(deps, claims),
  });
  server = createWebServer({
    terminals: gateway,
    logger,
    stopping: () => false,
    handle: async (request, response) =>
      void response.end(String(request.headers["x-examctl-remote-address"])),
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
}

async function stopWeb(): Promise<void> {
  gateway.closeAll();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

async function runningAttempt(actor: Actor) {
  const { attemptId } = await startAttempt(deps, actor, { labId: "sample", mode: "PRACTICE" });
  expect((await getStart(deps, actor, { attemptId })).state).toBe("RUNNING");
  const { clusterLabId } = await deps.db.attempt.findUniqueOrThrow({ where: { id: attemptId } });
  const { sessionId } = await terminald.rpc.call("session.open", {
    labId: clusterLabId,
    node: "controlplane",
  });
  return { attemptId, sessionId };
}

const host = () => `127.0.0.1:${(server.address() as AddressInfo).port}`;
const ticket = (actor: Actor, change: Partial<TicketClaims> = {}) =>
  issueTicket(secret, deps.clock, {
    userId: actor.userId,
    epoch: 0,
    attemptId,
    sessionId,
    readOnly: false,
    ...change,
  });

function connect(withTicket: string, origin = `http://${host()}`): TestTerminalClient {
  const url = `ws://${host()}/ws/terminal?ticket=${encodeURIComponent(withTicket)}`;
  const client = new TestTerminalClient(url, { socket: { origin } });
  clients.push(client);
  return client;
}

/** The HTTP status that a connection is refused with. */
function refusal(withTicket: string, origin: string | undefined = `http://${host()}`): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://${host()}/ws/terminal?ticket=${encodeURIComponent(withTicket)}`, {
      ...(origin === "" ? {} : { origin }),
    });
    socket.on("unexpected-response", (_request, response) => {
      resolve(response.statusCode!);
      socket.terminate();
    });
    socket.on("open", () => {
      socket.terminate();
      reject(new Error("it was let in"));
    });
    socket.on("error", () => undefined);
  });
}

describe("the terminals' door", () => {
  it("lets in who has a ticket, once", async () => {
    const used = ticket(student);
    const client = connect(used);
    await client.untilText("$");
    client.type("echo $((2*21))\n");
    await client.untilText(/\n42/);
    expect(await refusal(used)).toBe(401);
  });

  it("refuses tickets that are forged, expired or absent", async () => {
    const forged = issueTicket("somebody else's secret, as long as ours", deps.clock, {
      userId: student.userId,
      epoch: 0,
      attemptId,
      sessionId,
      readOnly: false,
    });
    expect(await refusal(forged)).toBe(401);
    expect(await refusal("")).toBe(401);
    expect(await refusal("x".repeat(10_000))).toBe(401);
    const late = ticket(student);
    await test.clock.advance(31_000);
    expect(await refusal(late)).toBe(401);
  });

  it("refuses pages of other origins and clients that name none", async () => {
    expect(await refusal(ticket(student), "https://evil.example")).toBe(403);
    expect(await refusal(ticket(student), `http://127.0.0.1.evil.example`)).toBe(403);
    expect(await refusal(ticket(student), "")).toBe(403);
    expect(await refusal(ticket(student), "null")).toBe(403);
    await connect(ticket(student), "https://exam.example").untilText("$");
  });

  it("does not burn a ticket for a page of another origin", async () => {
    const good = ticket(student);
    expect(await refusal(good, "https://evil.example")).toBe(403);
    await connect(good).untilText("$");
  });

  it("refuses another student's attempt, even with a ticket for it, and an account that was disabled", async () => {
    expect(await refusal(ticket(other))).toBe(404);
    await deps.db.user.update({ where: { id: student.userId }, data: { disabledAt: new Date() } });
    expect(await refusal(ticket(student))).toBe(401);
    await deps.db.user.update({ where: { id: student.userId }, data: { disabledAt: null, sessionEpoch: 1 } });
    expect(await refusal(ticket(student))).toBe(401);
  });

  it("gives tickets for terminals of the attempt only, and to graders for watching only", async () => {
    const foreign = await runningAttempt(other);
    const ask = (actor: Actor, change = {}) =>
      requireTerminalSession(deps, actor, { attemptId, sessionId, readOnly: false, ...change });
    await expect(ask(student)).resolves.toBeUndefined();
    await expect(ask(other)).rejects.toMatchObject({ code: "not-found" });
    await expect(ask(student, { sessionId: foreign.sessionId })).rejects.toMatchObject({ code: "not-found" });
    await expect(ask(student, { attemptId: foreign.attemptId })).rejects.toMatchObject({ code: "not-found" });
    await expect(ask(grader)).rejects.toMatchObject({ code: "not-found" });
    await expect(ask(grader, { readOnly: true })).resolves.toBeUndefined();
    await expect(ask(other, { readOnly: true })).rejects.toMatchObject({ code: "not-found" });
  });

  it("lets a grader watch without a hand in it", async () => {
    const [worker, watcher] = [connect(ticket(student)), connect(ticket(grader, { readOnly: true }))];
    await watcher.until(() => watcher.snapshots === 1, "snapshot");
    watcher.type("echo intruder\n");
    await worker.untilText("$");
    worker.type("echo visible\n");
    await watcher.untilText(/\nvisible/);
    expect(watcher.readOnly).toBe(true);
    expect(watcher.text).not.toContain("intruder");
  });

  it("cuts the connection when the attempt ends or the user is disabled", async () => {
    const watching = new AbortController();
    const loop = gateway.watch(watching.signal);
    const [worker, watcher] = [connect(ticket(student)), connect(ticket(grader, { readOnly: true }))];
    await worker.untilText("$");
    await watcher.untilText("$");
    await deps.db.user.update({ where: { id: grader.userId }, data: { disabledAt: new Date() } });
    await test.clock.advance(5_000);
    await watcher.until(() => watcher.closed !== undefined, "cut");
    expect(worker.closed).toBeUndefined();
    await submitAttempt({ ...deps, terminald: test.terminald as never }, student, { attemptId });
    await test.clock.advance(5_000);
    await worker.until(() => worker.closed !== undefined, "cut");
    expect(await refusal(ticket(student))).toBe(409);
    watching.abort();
    await loop;
  });

  it("says that terminald is down by a close code, and finds it again", async () => {
    await terminald.end("SIGKILL");
    const early = connect(ticket(student));
    await early.until(() => early.closed !== undefined, "closed");
    expect(early.closed?.code).toBe(4503);
    await terminald.start();
    await connect(ticket(student)).until(() => clients.at(-1)!.snapshots === 1, "snapshot");
  });

  it("goes on with the same shell and screen after a restart of web", async () => {
    const before = connect(ticket(student));
    await before.untilText("$");
    before.type("export KEPT=yes; echo set-$((1+1))\n");
    await before.untilText("set-2");
    await stopWeb();
    await before.until(() => before.closed !== undefined, "closed");
    await startWeb();
    const after = connect(ticket(student));
    await after.untilText("set-2");
    after.type("echo kept-$KEPT\n");
    await after.untilText("kept-yes");
  });

  it("upgrades nothing else, and states the client's address itself", async () => {
    const response = await fetch(`http://${host()}/`, {
      headers: { "x-examctl-remote-address": "10.9.8.7" },
    });
    expect(await response.text()).toBe("127.0.0.1");
    const status = await new Promise((resolve) => {
      const socket = new WebSocket(`ws://${host()}/session/${sessionId}`);
      socket.on("unexpected-response", (_request, answer) => resolve(answer.statusCode));
      socket.on("error", () => undefined);
    });
    expect(status).toBe(404);
  });
});
