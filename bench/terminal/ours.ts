import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { join } from "node:path";
import WebSocket from "ws";
import { terminaldRpc } from "@/lib/contract/terminald";
import { decodeServerFrame, encodeClientFrame, framesVersion } from "@/lib/contract/terminal-frames";
import { AppError } from "@/lib/core/app-error";
import { builtEntry, projectRoot } from "@/lib/core/paths";
import { Scope } from "@/lib/core/scope";
import { startTestLabd } from "@/lib/labd/testing";
import { createRpcClient } from "@/lib/rpc/client";
import type { TerminalProbe } from "./probe";

/** What the page acknowledges by. */
const ackBytes = 128 * 1024;
const labId = "bench-terminal";

/**
 * The whole way of a student's terminal: a shell in a lab's node (its PID 1), labd, terminald with recording and
 * journal, the web process's gateway, each a process of its own, and a client that speaks as the page does.
 */
export async function ours(): Promise<TerminalProbe> {
  const scope = new Scope();
  try {
    const labd = scope.use(await startTestLabd(), (it) => it.close());
    const node = { name: "node", interface: "eth0", address: "172.30.9.10/24", mac: "02:42:ac:1e:09:0a" };
    await labd.client.call("sandbox.create", {
      sandboxId: labId,
      network: { cidr: "172.30.9.0/24", gateway: "172.30.9.1" },
      nodes: [node],
    });
    scope.defer(() => labd.client.call("sandbox.destroy", { sandboxId: labId }));

    const terminald = spawn(process.execPath, [builtEntry("terminald/main")], {
      env: { ...process.env, ...labd.env, NODE_ENV: "production", EXAMCTL_LOG_LEVEL: "warn" },
      stdio: ["ignore", "ignore", "inherit"],
    });
    scope.defer(() => end(terminald));
    const socketPath = join(labd.runDir, "terminald.sock");
    const rpc = scope.use(createRpcClient(terminaldRpc, socketPath, "terminald"), (it) => it.close());
    await answers(() => rpc.call("health", {}));
    const { sessionId } = await rpc.call("session.open", { labId, node: node.name });

    const gateway = spawn(
      process.execPath,
      ["--import", "tsx", join(projectRoot, "bench/terminal/gateway.ts"), socketPath, sessionId],
      {
        cwd: projectRoot,
        stdio: ["ignore", "pipe", "inherit"],
        env: { ...process.env, EXAMCTL_LOG_LEVEL: "warn" },
      },
    );
    scope.defer(() => end(gateway));
    const [url] = (await once(createInterface(gateway.stdout), "line")) as [string];
    const probe = await connect(url);
    scope.defer(probe.close);
    probe.close = () => scope.close();
    return probe;
  } catch (failure) {
    await scope.close();
    throw failure;
  }
}

async function connect(url: string): Promise<TerminalProbe> {
  const socket = new WebSocket(url, {
    perMessageDeflate: false,
    origin: new URL(url.replace("ws", "http")).origin,
  });
  await once(socket, "open");
  let acknowledged = 0;
  const probe: TerminalProbe = {
    name: "examctl",
    write: (text) => socket.send(encodeClientFrame({ type: "input", bytes: Buffer.from(text) })),
    onOutput: () => undefined,
    close: async () => socket.terminate(),
  };
  const ready = new Promise<void>((resolve) => {
    socket.on("message", (data: Buffer) => {
      const frame = decodeServerFrame(data);
      if (frame?.type === "snapshot") {
        acknowledged = frame.offset;
        resolve();
      }
      if (frame?.type !== "output") return;
      const end = frame.offset + frame.bytes.length;
      if (end - acknowledged >= ackBytes) {
        acknowledged = end;
        socket.send(encodeClientFrame({ type: "ack", offset: end }));
      }
      probe.onOutput(frame.bytes);
    });
  });
  socket.send(encodeClientFrame({ type: "hello", version: framesVersion, cols: 80, rows: 24 }));
  await ready;
  return probe;
}

async function answers(call: () => Promise<unknown>): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      return void (await call());
    } catch (cause) {
      if (tries > 200) throw new AppError("unavailable", "terminald did not start.", { cause });
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await ended;
}
