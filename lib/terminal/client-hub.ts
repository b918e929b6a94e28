import type { Clock } from "@/lib/core/clock";
import { encodeServerFrame, type ServerFrame } from "@/lib/contract/terminal-frames";
import { ClientFlow, judgeFlow } from "./client-flow";
import type { Snapshot } from "./keeper";

/** A browser's connection, as a session sees it. */
export interface TerminalClient {
  readonly readOnly: boolean;
  send(frame: Uint8Array): void;
  close(code: number, reason: string): void;
}

export interface HubClient {
  readonly client: TerminalClient;
  readonly flow: ClientFlow;
  /** Frames since the snapshot that is being made. */
  kept: Uint8Array[];
  /** The size it would like. */
  size: { cols: number; rows: number };
}

export interface ClientHubOptions {
  clock: Clock;
  /** The screen as it is now. */
  snapshot(): Promise<Snapshot>;
  /** Where the output stands now. */
  offset(): number;
  pause(paused: boolean): void;
  /** A snapshot could not be made. */
  failed(hubClient: HubClient, failure: unknown): void;
}

/** The clients of one session: who gets which output, and whether the shell must wait for one of them. */
export class ClientHub {
  readonly #clients = new Set<HubClient>();
  #check: AbortController | undefined;

  constructor(private readonly options: ClientHubOptions) {}

  get size(): number {
    return this.#clients.size;
  }

  /** Somebody sees the output as it comes. */
  get watched(): boolean {
    for (const { flow } of this.#clients) if (flow.state !== "lagging") return true;
    return false;
  }

  add(client: TerminalClient, size: { cols: number; rows: number }): HubClient {
    const added: HubClient = { client, flow: new ClientFlow(), kept: [], size };
    this.#clients.add(added);
    void this.#refresh(added);
    return added;
  }

  has(hubClient: HubClient): boolean {
    return this.#clients.has(hubClient);
  }

  remove(hubClient: HubClient): void {
    this.#clients.delete(hubClient);
    hubClient.kept = [];
    this.judge();
  }

  clear(): TerminalClient[] {
    const clients = [...this.#clients].map(({ client }) => client);
    for (const hubClient of this.#clients) this.remove(hubClient);
    return clients;
  }

  output(offset: number, bytes: Uint8Array): void {
    if (this.#clients.size === 0) return;
    const frame = encodeServerFrame({ type: "output", offset, bytes });
    this.#deliver(frame, offset + bytes.length);
    this.judge();
  }

  /** To everybody, in its place among the output; a client that lags gets it with its next snapshot or not at all. */
  tell(frame: ServerFrame): void {
    if (this.#clients.size > 0) this.#deliver(encodeServerFrame(frame), undefined);
  }

  ack(hubClient: HubClient, offset: number): void {
    hubClient.flow.ack(offset);
    if (hubClient.flow.state === "lagging" && hubClient.flow.unackedBytes === 0)
      void this.#refresh(hubClient);
    this.judge();
  }

  judge(): void {
    this.#check?.abort();
    this.#check = undefined;
    const flows = [...this.#clients].map(({ flow }) => flow);
    const verdict = judgeFlow(flows, this.options.clock.now());
    for (const flow of verdict.lagging) flow.state = "lagging";
    this.options.pause(verdict.paused);
    if (verdict.checkAfterMs !== undefined) {
      const check = (this.#check = new AbortController());
      this.options.clock.sleep(verdict.checkAfterMs, check.signal).then(
        () => this.judge(),
        () => undefined,
      );
    }
  }

  #deliver(frame: Uint8Array, offset: number | undefined): void {
    const nowMs = this.options.clock.now();
    for (const { client, flow, kept } of this.#clients) {
      if (flow.state === "lagging") continue;
      if (flow.state === "live") client.send(frame);
      else kept.push(frame);
      if (offset !== undefined) flow.advance(offset, nowMs);
    }
  }

  async #refresh(hubClient: HubClient): Promise<void> {
    const { client, flow } = hubClient;
    flow.restart(this.options.offset(), "waiting");
    hubClient.kept = [];
    try {
      const snapshot = await this.options.snapshot();
      if (!this.#clients.has(hubClient)) return;
      client.send(encodeServerFrame({ type: "snapshot", readOnly: client.readOnly, ...snapshot }));
      for (const frame of hubClient.kept.splice(0)) client.send(frame);
      flow.state = "live";
      this.judge();
    } catch (failure) {
      if (this.#clients.has(hubClient)) this.options.failed(hubClient, failure);
    }
  }
}
