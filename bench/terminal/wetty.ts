import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import type * as SocketIo from "socket.io-client";
import type { TerminalProbe } from "./probe";

const require = createRequire(import.meta.url);
/** What wetty's own page acknowledges by: its server stops the shell when 2 MiB are not acknowledged. */
const ackBytes = 256 * 1024;

/** wetty on loopback with a local shell (no ssh), and a client that speaks as its page does. */
export async function wetty(): Promise<TerminalProbe> {
  const entry = require.resolve("wetty");
  const port = await freePort();
  const server = spawn(
    process.execPath,
    [
      join(dirname(entry), "main.js"),
      ...["--host", "127.0.0.1", "--port", String(port), "--base", "/"],
      ...["--command", "bash --norc --noprofile", "--log-level", "error"],
    ],
    { stdio: "ignore", env: { ...process.env, NODE_ENV: "production" } },
  );
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; !(await fetch(url).catch(() => undefined))?.ok; tries++) {
    if (tries > 100 || server.exitCode !== null) throw new Error("wetty did not start");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  // The client that wetty itself depends on.
  const { io } = createRequire(entry)("socket.io-client") as typeof SocketIo;
  const socket: SocketIo.Socket = io(url, { path: "/socket.io", transports: ["websocket"] });
  const loggedIn = new Promise((resolve) => socket.once("login", resolve));
  await once(socket as never, "connect");
  await loggedIn;
  let unacknowledged = 0;
  const probe: TerminalProbe = {
    name: "wetty",
    write: (text) => void socket.emit("input", text),
    onOutput: () => undefined,
    close: async () => {
      socket.close();
      const ended = once(server, "exit");
      server.kill("SIGKILL");
      await ended;
    },
  };
  socket.on("data", (text: string) => {
    unacknowledged += text.length;
    if (unacknowledged >= ackBytes) {
      socket.emit("commit", ackBytes);
      unacknowledged -= ackBytes;
    }
    probe.onOutput(text);
  });
  socket.emit("resize", { cols: 80, rows: 24 });
  return probe;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}
