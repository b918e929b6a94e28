import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { builtEntry } from "@/lib/core/paths";
import { terminaldRpc } from "@/lib/contract/terminald";
import { createRpcClient } from "@/lib/rpc/client";
import { FakeLabd, type FakeLabdOptions } from "./fake-labd";

/** A terminald from dist/ with a data and a run folder of its own; `kill` and `start` as often as a test likes. */
export class TerminaldProcess {
  /** Removed by `dispose`. */
  readonly folder = mkdtempSync(join(tmpdir(), "terminald-"));
  readonly socket: string;
  readonly labdSocket: string;
  readonly rpc;
  readonly errors: string[] = [];
  readonly #runDir: string;
  #child: ChildProcess | undefined;

  /** With `runDir`, beside the labd that has its socket there. */
  constructor(runDir?: string) {
    this.#runDir = runDir ?? this.folder;
    this.socket = join(this.#runDir, "terminald.sock");
    this.labdSocket = join(this.#runDir, "labd.sock");
    this.rpc = createRpcClient(terminaldRpc, this.socket, "terminald");
  }

  get pid(): number {
    return this.#child!.pid!;
  }

  get recordings(): string {
    return join(this.folder, "data/recordings");
  }

  async start(): Promise<void> {
    const child = spawn(process.execPath, ["--enable-source-maps", builtEntry("terminald/main")], {
      env: {
        ...process.env,
        EXAMCTL_DATA_DIR: join(this.folder, "data"),
        EXAMCTL_RUN_DIR: this.#runDir,
        EXAMCTL_LOG_LEVEL: "info",
      },
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#child = child;
    await new Promise<void>((resolve, reject) => {
      let text = "";
      child.stderr!.on("data", (chunk: Buffer) => {
        text += chunk.toString();
        this.errors.push(
          ...chunk
            .toString()
            .split("\n")
            .filter((line) => /"level":[56]0/.test(line)),
        );
        if (text.includes('"msg":"ready"')) resolve();
      });
      child.once("exit", (code) => reject(new Error(`terminald ended with ${code}: ${text}`)));
    });
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill(signal);
    await exited;
  }

  async dispose(): Promise<void> {
    await this.end("SIGKILL");
    this.rpc.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export function fakeLabd(options: Partial<FakeLabdOptions> = {}): FakeLabd {
  return new FakeLabd({ logger: pino({ level: "silent" }), env: { PS1: "$ ", HISTFILE: "" }, ...options });
}
