import type { Clock } from "@/lib/core/clock";
import type { Logger } from "@/lib/core/logger";
import { corefileHash, defaultCorefile, defaultPort } from "./configuration";
import type { CorefileSource } from "./caddyfile/parse";
import { decodeMessage } from "./dns/decode";
import { encodeMessage } from "./dns/encode";
import type { KubernetesView } from "./kubernetes/view";
import { Metrics } from "./metrics";
import type { HttpKind, Process, Query } from "./plugin";
import { goDurationText } from "./plugins/errors";
import { replyMessage } from "./reply-message";
import { RunningInstance, type Listener } from "./running-instance";
import { FlagError, readFlags, usage, type CorednsFlags } from "./flags";

export const version = { coredns: "1.12.1", go: "go1.24.1", revision: "707c7c1" };

const stateEveryMs = 500;

/** A coredns in a pod, as this end of its connection sees it. */
export interface PodProcess extends Process {
  /** It had a configuration before: this end is new, not the process. */
  readonly isResumed: boolean;
  /** Listens on these and on nothing else. Throws Error with Go's text. */
  listen(listeners: Listener[]): Promise<void>;
  setHttp(kind: HttpKind, code: number, body: string): void;
  /** Writes lines to stdout (1) or stderr (2). */
  write(descriptor: 1 | 2, text: string): void;
  exit(code: number): void;
}

/** What one coredns does: reads its Corefile, serves by it, follows its changes. */
export class CorednsProcess {
  readonly #metrics = new Metrics(version);
  readonly #abort = new AbortController();
  #instance: RunningInstance | undefined;
  #flags: CorednsFlags | undefined;

  constructor(
    private readonly process: PodProcess,
    private readonly services: { clock: Clock; kubernetes: KubernetesView; logger: Logger },
  ) {}

  /** Starts as the process does; its failures end it with their text. */
  async start(): Promise<void> {
    const { process } = this;
    try {
      this.#flags = readFlags(process.args.slice(1));
    } catch (failure) {
      if (!(failure instanceof FlagError)) throw failure;
      process.write(2, failure.isUsage ? `${failure.message}\n${usage}` : `${failure.message}\n`);
      return process.exit(failure.isUsage ? 2 : 1);
    }
    if (this.#flags.version) {
      process.write(1, banner);
      return process.exit(0);
    }
    try {
      const { instance, hash } = await this.#configure();
      try {
        await process.listen(instance.listeners());
      } catch (failure) {
        instance.stop();
        throw failure;
      }
      if (this.#abort.signal.aborted) return instance.stop();
      this.#instance = instance;
      if (!process.isResumed && !this.#flags.quiet) process.write(1, `${instance.zones().join("\n")}\n`);
      if (!process.isResumed) this.#sayHash(instance, hash);
      if (!process.isResumed && !this.#flags.quiet) process.write(1, banner);
      await instance.started();
      void this.#follow(hash).catch(() => undefined);
      void this.#tellState().catch(() => undefined);
    } catch (failure) {
      process.fail((failure as Error).message);
    }
  }

  /** The process was told to end: it serves on while it is a lame duck. */
  async terminate(): Promise<void> {
    const { process } = this;
    process.log("[INFO] SIGTERM: Shutting down servers then terminating");
    const lameduckMs = this.#instance?.lameduckMs ?? 0;
    if (lameduckMs > 0) {
      process.log(`[INFO] plugin/health: Going into lameduck mode for ${goDurationText(lameduckMs)}`);
      await this.services.clock.sleep(lameduckMs, this.#abort.signal).catch(() => undefined);
    }
    process.exit(0);
  }

  /** The connection is gone. */
  stop(): void {
    this.#abort.abort(new Error("The process is gone."));
    this.#instance?.stop();
  }

  /** The reply's bytes; undefined for what is no query, or cannot be answered yet. */
  async answer(
    bytes: Buffer,
    from: Pick<Query, "protocol" | "client"> & { port: number },
  ): Promise<Buffer | undefined> {
    const message = decodeMessage(bytes);
    if (!message || message.flags.response || !this.#instance) return undefined;
    const query: Query = {
      question: message.question,
      message,
      messageBytes: bytes.length,
      ...{ protocol: from.protocol, client: from.client, depth: 0 },
      receivedAtMs: this.services.clock.now(),
    };
    const outcome = await this.#instance.serve(query, from.port);
    const reply = replyMessage(query, outcome);
    return encodeMessage(reply, from.protocol === "udp" ? (message.edns?.udpBytesMax ?? 512) : 65_535);
  }

  get #source(): CorefileSource {
    const { process } = this;
    return {
      env: process.env,
      cwd: process.cwd,
      readFile: (path) => process.readFile(path),
      glob: (pattern) => process.glob(pattern),
      warn: (line) => process.log(line),
    };
  }

  async #readCorefile(): Promise<{ text: string; path: string; port: number }> {
    const { conf, port = defaultPort } = this.#flags!;
    const path = conf ?? "Corefile";
    const text = await this.process.readFile(path).catch((failure: unknown) => {
      const { message } = failure as Error;
      if (conf === undefined && /no such file/.test(message)) return defaultCorefile(port);
      throw new Error(`loading Caddyfile via ${conf === undefined ? "default" : "flag"}: ${message}`);
    });
    return { text, path, port };
  }

  async #configure(): Promise<{ instance: RunningInstance; hash: string }> {
    const corefile = await this.#readCorefile();
    const services = { process: this.process, metrics: this.#metrics, ...this.services };
    const instance = await RunningInstance.create(services, corefile, this.#source);
    return { instance, hash: await corefileHash(corefile.text, corefile.path, this.#source) };
  }

  #sayHash(instance: RunningInstance, hash: string): void {
    if (instance.reloadEveryMs !== undefined)
      this.process.log(`[INFO] plugin/reload: Running configuration SHA512 = ${hash}`);
  }

  /** The plugin reload: another Corefile takes over when it is right, and is reported when it is not. */
  async #follow(runningHash: string): Promise<void> {
    const { process } = this;
    let seenHash = runningHash;
    for (;;) {
      const everyMs = this.#instance?.reloadEveryMs;
      if (everyMs === undefined) return;
      await this.services.clock.sleep(everyMs, this.#abort.signal);
      let hash: string;
      try {
        const { text, path } = await this.#readCorefile();
        hash = await corefileHash(text, path, this.#source).catch((failure: unknown) => {
          process.log(`[WARNING] plugin/reload: Corefile parse failed: ${(failure as Error).message}`);
          throw failure;
        });
      } catch {
        continue;
      }
      if (hash === seenHash) continue;
      seenHash = hash;
      await this.#replace();
    }
  }

  async #replace(): Promise<void> {
    const { process } = this;
    process.log("[INFO] Reloading");
    const old = this.#instance!;
    try {
      const { instance, hash } = await this.#configure();
      await process.listen(instance.listeners()).catch(async (failure: unknown) => {
        instance.stop();
        await process.listen(old.listeners()).catch(() => undefined);
        throw failure;
      });
      if (this.#abort.signal.aborted) return instance.stop();
      this.#instance = instance;
      old.stop();
      this.#sayHash(instance, hash);
      process.log("[INFO] Reloading complete");
      await instance.started();
    } catch (failure) {
      const { message } = failure as Error;
      process.log(`[ERROR] Restart failed: ${message}`);
      process.log(
        `[ERROR] plugin/reload: Corefile changed but reload failed: starting with listener file descriptors: ${message}`,
      );
    }
  }

  /** Keeps what the pod answers over HTTP up to date. */
  async #tellState(): Promise<void> {
    const { process } = this;
    let told: string | undefined;
    process.setHttp("health", 200, "OK");
    for (;;) {
      const names = this.#instance!.notReady().join(",");
      if (names !== told) {
        process.setHttp("ready", names === "" ? 200 : 503, names === "" ? "OK" : names);
        if (names !== "") process.log(`[INFO] plugin/ready: Plugins not ready: ${JSON.stringify(names)}`);
        told = names;
      }
      const page = this.#metrics.page();
      if (page !== undefined) process.setHttp("metrics", 200, page);
      await this.services.clock.sleep(stateEveryMs, this.#abort.signal);
    }
  }
}

const banner = `CoreDNS-${version.coredns}\nlinux/amd64, ${version.go}, ${version.revision}\n`;
