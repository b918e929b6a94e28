import { randomBytes } from "node:crypto";
import { chmod, rm } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { AppError } from "@/lib/core/app-error";
import type { Logger } from "@/lib/core/logger";
import type { DockerEngine } from "./engine";
import { readLog } from "./read-log";
import type { ContainerState } from "./state";

const socketName = "docker-attach.sock";
/** As the node sees it. */
export const attachPath = `/run/examctl/${socketName}`;

const connectionsMax = 128;
const lineBytesMax = 256;
const lineMs = 10_000;

interface Ticket {
  engine: DockerEngine;
  container: ContainerState;
  /** Called when the container has ended, before who is attached hears of it. */
  onEnd: () => Promise<void>;
}

/**
 * Joins `docker` in a node to a container's stdio (native/daemon/agent-attach.c): a connection begins with a line "attach
 * TICKET", after which it is frames both ways, or "signal NUMBER TICKET". Whoever has no ticket is let go.
 */
export class AttachServer {
  readonly #tickets = new Map<string, Ticket>();
  readonly #sockets = new Set<Socket>();
  #close: () => Promise<void> = () => Promise.resolve();

  private constructor(private readonly logger: Logger) {}

  static async listen(folder: string, logger: Logger): Promise<AttachServer> {
    const attachments = new AttachServer(logger);
    const path = join(folder, socketName);
    const server = createServer((socket) => attachments.#accept(socket));
    await rm(path, { force: true });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(path, resolve);
    });
    await chmod(path, 0o666);
    attachments.#close = async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of attachments.#sockets) socket.destroy();
      await closed;
    };
    return attachments;
  }

  /** Good until `release`. */
  ticket(engine: DockerEngine, container: ContainerState, onEnd: () => Promise<void>): string {
    const ticket = randomBytes(16).toString("hex");
    this.#tickets.set(ticket, { engine, container, onEnd });
    return ticket;
  }

  release(ticket: string): void {
    this.#tickets.delete(ticket);
  }

  stop(): Promise<void> {
    return this.#close();
  }

  #accept(socket: Socket): void {
    if (this.#sockets.size >= connectionsMax) return void socket.destroy();
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    socket.setTimeout(lineMs, () => socket.destroy());
    let head = Buffer.alloc(0);
    const onData = (chunk: Buffer) => {
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf("\n");
      if (end < 0 && head.length < lineBytesMax) return;
      socket.off("data", onData);
      socket.pause();
      socket.setTimeout(0);
      const rest = head.subarray(end + 1);
      const [verb, ...words] = head.subarray(0, Math.max(end, 0)).toString("latin1").split(" ");
      void this.#serve(socket, verb ?? "", words, rest).catch((failure: unknown) => {
        this.logger.debug({ err: failure }, "an attachment to a container failed");
        socket.destroy();
      });
    };
    socket.on("data", onData);
  }

  async #serve(socket: Socket, verb: string, words: string[], rest: Buffer): Promise<void> {
    const ticket = this.#tickets.get(words.at(-1) ?? "");
    if (!ticket) return void socket.destroy();
    const { engine, container, onEnd } = ticket;
    if (verb === "signal") {
      socket.destroy();
      if (/^\d{1,2}$/.test(words[0] ?? "")) await engine.kill(container, words[0]!).catch(() => undefined);
      return;
    }
    if (verb !== "attach") return void socket.destroy();
    const stdio = await engine.host.attach(container.id).catch((failure: unknown) => {
      if (AppError.from(failure).code !== "conflict") throw failure;
      return undefined;
    });
    const end = async (exitFrame: Buffer) => {
      await engine.refresh();
      await onEnd();
      socket.end(exitFrame);
    };
    if (!stdio) {
      // It has ended before anybody could look: its log is what it wrote.
      const exitCode = await engine.ended(container, AbortSignal.timeout(lineMs));
      for (const { stream, text } of await readLog(engine.host, container.id))
        socket.write(frame(stream === "stderr" ? channels.stderr : channels.stdout, Buffer.from(text)));
      return end(frame(channels.exit, Buffer.from(JSON.stringify({ exitCode }))));
    }
    stdio.on("error", () => stdio.destroy());
    stdio.on("close", () => socket.destroySoon());
    socket.on("close", () => stdio.destroy());
    if (rest.length > 0) stdio.write(rest);
    socket.pipe(stdio);
    socket.on("drain", () => stdio.resume());
    let pending: Buffer = Buffer.alloc(0);
    stdio.on("data", (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk]);
      for (;;) {
        const length = pending.length < headBytes ? Infinity : headBytes + pending.readUInt32BE(1);
        if (pending.length < length) break;
        const whole = pending.subarray(0, length);
        pending = pending.subarray(length);
        if (whole[0] === channels.exit) {
          stdio.removeAllListeners("close");
          return void end(whole).catch(() => socket.destroy());
        }
        if (!socket.write(whole)) stdio.pause();
      }
    });
    stdio.resume(); // it comes paused, so that nothing is lost
  }
}

const channels = { stdout: 1, stderr: 2, exit: 3 };
const headBytes = 5;

function frame(channel: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(headBytes);
  head[0] = channel;
  head.writeUInt32BE(payload.length, 1);
  return Buffer.concat([head, payload]);
}
