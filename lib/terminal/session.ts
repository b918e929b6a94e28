import type { Clock } from "@/lib/core/clock";
import type { Logger } from "@/lib/core/logger";
import { closeCodes } from "@/lib/contract/terminal-frames";
import type { TerminalSession as SessionDescription } from "@/lib/contract/terminald";
import { ClientHub, type HubClient, type TerminalClient } from "./client-hub";
import { OutputBatch } from "./output-batch";
import { Pace } from "./pace";
import type { ScreenHost } from "./screen-host";
import type { SessionIndex, SessionRecord } from "./session-index";
import { SessionJournal } from "./session-journal";
import type { ShellHost } from "./shell-host";
import { ShellLink } from "./shell-link";

export const clientsMax = 8;
const unwatchedBytesPerSecond = 4 << 20;

export interface SessionDeps {
  host: ShellHost;
  screens: ScreenHost;
  index: SessionIndex;
  clock: Clock;
  logger: Logger;
}

/** What the connection of one client may do. */
export interface ClientHandle {
  input(bytes: Uint8Array): void;
  ack(offset: number): void;
  resize(cols: number, rows: number): void;
  detach(): void;
}

/**
 * One shell and everybody who watches it. Output goes to the journal first and to the clients second. States go forward
 * only: running -> exited | lost.
 */
export class TerminalSession {
  readonly #link: ShellLink;
  readonly #journal: SessionJournal;
  readonly #hub: ClientHub;
  readonly #pace: Pace;
  readonly #batch: OutputBatch;
  #record: SessionRecord;
  #cols: number;
  #rows: number;
  #offset: number;
  #active: HubClient | undefined;
  #pacing = false;
  readonly #stop = new AbortController();

  private constructor(
    private readonly deps: SessionDeps,
    record: SessionRecord,
    start: { offset: number; cols: number; rows: number; segment: number },
  ) {
    const { clock, host, screens, index } = deps;
    const logger = deps.logger.child({ session: record.sessionId, lab: record.labId });
    this.#record = record;
    this.#cols = start.cols;
    this.#rows = start.rows;
    this.#offset = start.offset;
    this.#batch = new OutputBatch(clock, (bytes) => this.#onOutput(bytes));
    this.#pace = new Pace(clock, unwatchedBytesPerSecond, unwatchedBytesPerSecond);
    this.#link = new ShellLink(
      {
        host,
        clock,
        logger,
        shell: { labId: record.labId, node: record.node, shellId: record.sessionId },
        events: {
          output: (bytes) => this.#batch.add(bytes),
          gap: (offset) => this.#onGap(offset),
          linked: (up) => this.#onLinked(up),
          ended: (state, exitCode) => void this.#end(state, exitCode),
        },
      },
      start,
    );
    this.#journal = new SessionJournal(
      {
        base: index.base(record),
        clock,
        logger,
        screens,
        pause: (reason, paused) => this.#pause(reason, paused),
        diskFull: () =>
          this.#hub.tell({
            type: "notice",
            code: "disk-full",
            text: "The server's disk is full, so the terminal waits. Nothing is lost; tell an administrator.",
          }),
      },
      start.segment,
    );
    this.#hub = new ClientHub({
      clock,
      snapshot: () => this.#journal.snapshot(),
      offset: () => this.#offset,
      pause: (paused) => this.#pause("clients", paused),
      failed: ({ client }, failure) => {
        logger.error({ err: failure }, "no snapshot for a terminal client");
        client.close(1011, "The screen could not be rebuilt.");
      },
    });
  }

  /** Opens a new shell. Throws what the host throws, with nothing left behind. */
  static async open(
    deps: SessionDeps,
    record: SessionRecord,
    cols: number,
    rows: number,
  ): Promise<TerminalSession> {
    deps.index.save(record);
    const session = new TerminalSession(deps, record, { offset: 0, cols, rows, segment: 0 });
    session.#journal.append(
      { kind: "start", timeMs: record.createdAtMs, cols, rows, title: record.title },
      () => undefined,
    );
    try {
      await session.#link.open();
      return session;
    } catch (failure) {
      await session.#end("lost", undefined);
      throw failure;
    }
  }

  /** Takes up a session of a terminald that is gone: screen and offset from disk, the shell from its node. */
  static async recover(deps: SessionDeps, record: SessionRecord): Promise<TerminalSession> {
    const { nextSegment, ...start } = await deps.screens.recover(deps.index.base(record));
    const session = new TerminalSession(deps, record, { ...start, segment: nextSegment });
    if (record.state === "running") session.#link.reattach();
    else await session.#journal.close(true);
    return session;
  }

  get sessionId(): string {
    return this.#record.sessionId;
  }

  get running(): boolean {
    return this.#record.state === "running";
  }

  describe(): SessionDescription {
    const { version: _version, ...record } = this.#record;
    return { ...record, cols: this.#cols, rows: this.#rows, offset: this.#offset };
  }

  rename(title: string): void {
    this.#record = { ...this.#record, title };
    this.deps.index.save(this.#record);
  }

  /** Undefined: too many clients already. The client gets a snapshot first, then output. */
  attach(client: TerminalClient, cols: number, rows: number): ClientHandle | undefined {
    if (this.#hub.size >= clientsMax) return undefined;
    if (!client.readOnly) this.#resize(cols, rows);
    const hubClient = this.#hub.add(client, { cols, rows });
    if (!client.readOnly) this.#active = hubClient;
    if (!this.running) this.#tellState();
    return {
      input: (bytes) => {
        if (client.readOnly || !this.#hub.has(hubClient)) return;
        if (this.#active !== hubClient && isReply(bytes)) return; // the active client has answered already
        this.#activate(hubClient);
        if (this.running && !this.#link.write(bytes))
          this.#hub.tell({
            type: "notice",
            code: "input-dropped",
            text: "The program does not read its input, so some of what was typed or pasted was dropped.",
          });
      },
      ack: (offset) => this.#hub.ack(hubClient, offset),
      resize: (newCols, newRows) => {
        hubClient.size = { cols: newCols, rows: newRows };
        if (!client.readOnly) this.#activate(hubClient);
      },
      detach: () => {
        this.#hub.remove(hubClient);
        if (this.#active === hubClient) this.#active = undefined;
      },
    };
  }

  /** Brings the recording on disk up to now. */
  async record(): Promise<{ file: string; bytes: number }> {
    const { castBytes } = await this.#journal.compact();
    return { file: `${this.deps.index.base(this.#record)}.cast`, bytes: castBytes };
  }

  /** Ends the shell and lets its clients go; files stay. */
  async close(): Promise<void> {
    const { labId, node, sessionId } = this.#record;
    if (this.running) {
      await this.deps.host
        .close({ labId, node, shellId: sessionId })
        .catch((failure: unknown) => this.deps.logger.info({ err: failure }, "shell not closed"));
      await this.#end("exited", undefined);
    }
    this.#disconnect(closeCodes.sessionClosed, "The terminal was closed.");
    await this.deps.screens.release(this.deps.index.base(this.#record));
  }

  /** Sends the clients away; what they still have on the wire is not typed any more. The shell goes on. */
  cut(): void {
    this.#disconnect(closeCodes.sessionClosed, "The time of this terminal is over.");
  }

  /** terminald goes away and the shell stays: another terminald takes it up from the disk. */
  async suspend(): Promise<void> {
    this.#stop.abort();
    this.#link.stop();
    this.#batch.flush();
    this.#disconnect(1001, "The terminal server restarts.");
    await this.#journal.close(false);
  }

  #onOutput(bytes: Buffer): void {
    this.#journal.append({ kind: "output", timeMs: this.deps.clock.now(), bytes }, () => {
      const offset = this.#offset;
      this.#offset += bytes.length;
      this.#hub.output(offset, bytes);
    });
    if (!this.#hub.watched) this.#waitForPace(bytes.length);
  }

  #waitForPace(bytes: number): void {
    const waitMs = this.#pace.take(bytes);
    if (waitMs === 0 || this.#pacing) return;
    this.#pacing = true;
    this.#pause("pace", true);
    void this.deps.clock
      .sleep(waitMs, this.#stop.signal)
      .catch(() => undefined)
      .then(() => {
        this.#pacing = false;
        this.#pause("pace", false);
      });
  }

  #onGap(offset: number): void {
    this.#batch.flush();
    const lost = offset - this.#offset;
    this.#journal.append({ kind: "gap", timeMs: this.deps.clock.now(), offset }, () => {
      this.#offset = offset;
      this.#hub.tell({
        type: "notice",
        code: "gap",
        text: `${lost} bytes of output could not be kept while the server was away.`,
      });
    });
  }

  #onLinked(up: boolean): void {
    this.#hub.tell(
      up
        ? { type: "notice", code: "reattached", text: "The shell is back." }
        : {
            type: "notice",
            code: "reattaching",
            text: "The server that holds the shell does not answer; trying again.",
          },
    );
  }

  #activate(hubClient: HubClient): void {
    this.#active = hubClient;
    this.#resize(hubClient.size.cols, hubClient.size.rows);
  }

  #resize(cols: number, rows: number): void {
    if (!this.running || (cols === this.#cols && rows === this.#rows)) return;
    this.#batch.flush();
    this.#cols = cols;
    this.#rows = rows;
    this.#journal.append({ kind: "resize", timeMs: this.deps.clock.now(), cols, rows }, () => {
      this.#hub.tell({ type: "size", cols, rows });
      this.#link.resize(cols, rows);
    });
  }

  #pause(reason: string, paused: boolean): void {
    if (paused) this.#link.pause(reason);
    else this.#link.resume(reason);
  }

  #tellState(): void {
    const { state, exitCode } = this.#record;
    this.#hub.tell({ type: "state", state, exitCode });
  }

  async #end(state: "exited" | "lost", exitCode: number | undefined): Promise<void> {
    if (!this.running) return;
    this.#batch.flush();
    this.#record = { ...this.#record, state, ...(exitCode === undefined ? {} : { exitCode }) };
    this.#stop.abort();
    this.#link.stop();
    this.deps.index.save(this.#record);
    this.#tellState();
    await this.#journal
      .close(true)
      .catch((failure: unknown) => this.deps.logger.error({ err: failure }, "recording not finished"));
  }

  #disconnect(code: number, reason: string): void {
    for (const client of this.#hub.clear()) client.close(code, reason);
  }
}

/** What a terminal answers by itself to a program's questions (device attributes, cursor position, modes, colours). */
function isReply(bytes: Uint8Array): boolean {
  if (bytes[0] !== 0x1b || bytes.length > 256) return false;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  // oxlint-disable-next-line no-control-regex -- escape sequences are what this is about
  return /^(\x1b\[[?>=]?[\d;]*[cnRIO]|\x1b\[\??[\d;]*\$y|\x1b\[[\d;]+t|\x1b[\]P][^\x07\x1b]*(\x07|\x1b\\))+$/.test(
    text,
  );
}
