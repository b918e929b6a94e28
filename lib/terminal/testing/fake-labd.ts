import type { Server } from "node:http";
import type { Duplex } from "node:stream";
import { spawn, type IPty } from "node-pty";
import { AppError } from "@/lib/core/app-error";
import { labdRpc, type LabdRpc } from "@/lib/contract/labd";
import { listenOnSocket } from "@/lib/core/listen-on-socket";
import { createRpcServer, type RpcHandlers, type StreamHandlers } from "@/lib/rpc/server";
import type { Logger } from "@/lib/core/logger";

const ringBytesMax = 1 << 20;
const backlogBytesMax = 512 << 10;

/** One shell as a node's PID 1 keeps it: a PTY and the last bytes of its output by absolute offset. */
class FakeShell {
  readonly #pty: IPty;
  #ring: Buffer[] = [];
  #ringStart = 0;
  #end = 0;
  #sent = 0;
  #stream: Duplex | undefined;
  exitCode: number | undefined;

  constructor(argv: string[], cols: number, rows: number, env: Record<string, string>, cwd: string) {
    this.#pty = spawn(argv[0]!, argv.slice(1), {
      name: "xterm-256color",
      cols,
      rows,
      cwd,
      env: { ...process.env, ...env },
      encoding: null,
    });
    this.#pty.onData((data) => this.#onData(data as unknown as Buffer));
    this.#pty.onExit(({ exitCode }) => {
      this.exitCode = exitCode;
      this.#flush();
    });
  }

  get running(): boolean {
    return this.exitCode === undefined;
  }

  attach(
    fromOffset: number,
    cols: number,
    rows: number,
  ): { offset: number; attach: (stream: Duplex) => void } {
    const offset = Math.min(Math.max(fromOffset, this.#ringStart), this.#end);
    return {
      offset,
      attach: (stream) => {
        this.#stream?.destroy();
        this.#stream = stream;
        this.#sent = offset;
        stream.on("data", (bytes: Buffer) => this.#pty.write(bytes as unknown as string));
        stream.on("error", () => stream.destroy());
        stream.on("drain", () => this.#flush());
        stream.on("close", () => {
          if (this.#stream === stream) this.#stream = undefined;
        });
        stream.resume();
        if (this.running) this.#pty.resize(cols, rows);
        this.#flush();
      },
    };
  }

  resize(cols: number, rows: number): void {
    if (this.running) this.#pty.resize(cols, rows);
  }

  kill(): void {
    if (this.running) this.#pty.kill("SIGKILL");
  }

  #onData(data: Buffer): void {
    this.#ring.push(data);
    this.#end += data.length;
    while (this.#end - this.#ringStart - this.#ring[0]!.length > ringBytesMax)
      this.#ringStart += this.#ring.shift()!.length;
    this.#flush();
    if (this.#end - this.#sent > backlogBytesMax) this.#pty.pause();
  }

  #flush(): void {
    const stream = this.#stream;
    if (!stream) return;
    let at = this.#ringStart;
    for (const chunk of this.#ring) {
      const next = at + chunk.length;
      if (next > this.#sent) {
        if (stream.writableNeedDrain) return;
        stream.write(chunk.subarray(Math.max(0, this.#sent - at)));
        this.#sent = next;
      }
      at = next;
    }
    this.#pty.resume();
    if (!this.running) stream.end();
  }
}

export interface FakeLabdOptions {
  logger: Logger;
  argv?: string[];
  env?: Record<string, string>;
  cwd?: string;
}

/**
 * A labd for tests of the terminal: its shells are local PTYs of this process, which `stop` and `start` (a restarted
 * labd) leave alone, as a node's PID 1 does. Every sandbox and node exists.
 */
export class FakeLabd {
  readonly #shells = new Map<string, FakeShell>();
  #server: Server | undefined;
  #streams = new Set<Duplex>();

  constructor(private readonly options: FakeLabdOptions) {}

  async start(socketPath: string): Promise<void> {
    const shellOf = (input: { sandboxId: string; node: string; shellId: string }) =>
      this.#shells.get(`${input.sandboxId}/${input.node}/${input.shellId}`);
    const handlers: Partial<RpcHandlers<LabdRpc>> = {
      "shell.resize": async (input) => {
        shellOf(input)?.resize(input.cols, input.rows);
        return {};
      },
      "shell.list": async ({ sandboxId, node }) => ({
        shells: [...this.#shells]
          .filter(([key]) => key.startsWith(`${sandboxId}/${node}/`))
          .map(([key, shell]) => ({
            shellId: key.split("/")[2]!,
            running: shell.running,
            exitCode: shell.exitCode,
          })),
      }),
      "shell.close": async (input) => {
        shellOf(input)?.kill();
        this.#shells.delete(`${input.sandboxId}/${input.node}/${input.shellId}`);
        return {};
      },
    };
    const streams: Partial<StreamHandlers<LabdRpc>> = {
      shell: async (input) => {
        const key = `${input.sandboxId}/${input.node}/${input.shellId}`;
        const known = this.#shells.get(key);
        const { argv = ["/bin/bash", "--norc"], env = {}, cwd = "/tmp" } = this.options;
        const shell = known ?? new FakeShell(argv, input.cols, input.rows, env, cwd);
        this.#shells.set(key, shell);
        const { offset, attach } = shell.attach(input.fromOffset, input.cols, input.rows);
        return {
          reply: { offset, created: !known },
          attach: (socket) => {
            this.#streams.add(socket);
            socket.on("close", () => this.#streams.delete(socket));
            attach(socket);
          },
        };
      },
    };
    this.#server = createRpcServer(
      labdRpc,
      unless(handlers) as RpcHandlers<LabdRpc>,
      unless(streams) as StreamHandlers<LabdRpc>,
      { logger: this.options.logger },
    );
    await listenOnSocket(this.#server, socketPath);
  }

  /** As kill -9 of labd: connections break, shells go on. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    for (const stream of this.#streams) stream.destroy();
    server?.closeAllConnections();
    await new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
  }

  /** The node forgets the shell, as when it was started anew. */
  forget(shellId: string): void {
    for (const [key, shell] of this.#shells) {
      if (!key.endsWith(`/${shellId}`)) continue;
      shell.kill();
      this.#shells.delete(key);
    }
  }

  async dispose(): Promise<void> {
    for (const shell of this.#shells.values()) shell.kill();
    await this.stop();
  }
}

function unless(handlers: object): object {
  return new Proxy(handlers, {
    get: (target, name) =>
      Reflect.get(target, name) ??
      (() => Promise.reject(new AppError("unsupported", `The test double has no ${String(name)}.`))),
  });
}
