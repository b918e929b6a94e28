import { AppError } from "@/lib/core/app-error";
import { randomId } from "@/lib/core/ids";
import type { TerminalSession as SessionDescription } from "@/lib/contract/terminald";
import { TerminalSession, type SessionDeps } from "./session";

export const sessionsPerLabMax = 8;
/** Ended sessions of a lab that can still be looked at; older ones remain as recordings. */
const endedPerLabMax = 8;

export interface ManagerOptions extends SessionDeps {
  sessionsMax?: number;
}

/** All sessions of this terminald. */
export class SessionManager {
  readonly #sessions = new Map<string, TerminalSession>();
  /** Sessions that are being opened, by lab: they count towards the limits. */
  readonly #opening = new Map<string, number>();

  constructor(private readonly options: ManagerOptions) {}

  get size(): number {
    return this.#sessions.size;
  }

  /** Takes up every session that was running when the last terminald ended; one that fails does not stop the others. */
  async recover(): Promise<void> {
    for (const record of this.options.index.list()) {
      if (record.state !== "running") continue;
      try {
        this.#sessions.set(record.sessionId, await TerminalSession.recover(this.options, record));
      } catch (failure) {
        this.options.logger.error({ err: failure, session: record.sessionId }, "session cannot be recovered");
      }
    }
  }

  /** Throws `exhausted` at a limit and what the shell's host throws. */
  async open(input: {
    labId: string;
    node: string;
    cols: number;
    rows: number;
  }): Promise<SessionDescription> {
    const { labId, node, cols, rows } = input;
    const ofLab = this.#ofLab(labId);
    const opening = this.#opening.get(labId) ?? 0;
    if (ofLab.filter((session) => session.running).length + opening >= sessionsPerLabMax)
      throw new AppError(
        "exhausted",
        `This lab has ${sessionsPerLabMax} terminals open, which is the limit. Close one first.`,
      );
    if (this.#sessions.size >= (this.options.sessionsMax ?? 2_000))
      throw new AppError("exhausted", "The server has no room for another terminal. Try again later.");
    this.#opening.set(labId, opening + 1);
    try {
      const record = {
        version: 1 as const,
        sessionId: randomId(20),
        labId,
        node,
        title: freeTitle(node, ofLab),
        state: "running" as const,
        createdAtMs: this.options.clock.now(),
      };
      const session = await TerminalSession.open(this.options, record, cols, rows);
      this.#sessions.set(record.sessionId, session);
      await this.#forgetEnded(labId);
      return session.describe();
    } finally {
      const left = (this.#opening.get(labId) ?? 1) - 1;
      if (left > 0) this.#opening.set(labId, left);
      else this.#opening.delete(labId);
    }
  }

  /** Throws `not-found`. */
  get(sessionId: string): TerminalSession {
    const session = this.#sessions.get(sessionId);
    if (!session) throw new AppError("not-found", "There is no such terminal any more.");
    return session;
  }

  list(labId: string): SessionDescription[] {
    return this.#ofLab(labId)
      .map((session) => session.describe())
      .sort((a, b) => a.createdAtMs - b.createdAtMs);
  }

  async close(sessionId: string): Promise<void> {
    const session = this.#sessions.get(sessionId);
    if (!session) return;
    this.#sessions.delete(sessionId);
    await session.close();
  }

  cutLab(labId: string): void {
    for (const session of this.#ofLab(labId)) session.cut();
  }

  async closeLab(labId: string): Promise<void> {
    await Promise.all(this.#ofLab(labId).map((session) => this.close(session.sessionId)));
  }

  recordings(labId: string): { sessionId: string; title: string; bytes: number; startedAtMs: number }[] {
    return this.options.index.list(labId).map((record) => ({
      sessionId: record.sessionId,
      title: record.title,
      // What the journal holds is not written out yet; the offset is near enough for a list.
      bytes: Math.max(
        this.options.index.castBytes(record),
        this.#sessions.get(record.sessionId)?.describe().offset ?? 0,
      ),
      startedAtMs: record.createdAtMs,
    }));
  }

  /** The recording up to now as a file, of which the first `bytes` count. Throws `not-found`. */
  async recording(sessionId: string): Promise<{ file: string; bytes: number }> {
    const session = this.#sessions.get(sessionId);
    if (session?.running) return session.record();
    const record = this.options.index.find(sessionId);
    if (!record) throw new AppError("not-found", "There is no such recording.");
    const base = this.options.index.base(record);
    if (!session) {
      const { screens } = this.options;
      // A kill may have left its end in the journal: a look at the screen after all of it writes that out.
      const { nextSegment } = await screens.recover(base);
      await screens.snapshot(base, { segment: nextSegment - 1, bytes: Number.MAX_SAFE_INTEGER });
      await screens.release(base);
    }
    return { file: `${base}.cast`, bytes: this.options.index.castBytes(record) };
  }

  async removeRecordings(labId: string): Promise<void> {
    await this.closeLab(labId);
    this.options.index.removeLab(labId);
  }

  async suspend(): Promise<void> {
    await Promise.all([...this.#sessions.values()].map((session) => session.suspend()));
    this.#sessions.clear();
  }

  #ofLab(labId: string): TerminalSession[] {
    return [...this.#sessions.values()].filter((session) => session.describe().labId === labId);
  }

  async #forgetEnded(labId: string): Promise<void> {
    const ended = this.#ofLab(labId).filter((session) => !session.running);
    for (const session of ended.slice(0, Math.max(0, ended.length - endedPerLabMax)))
      await this.close(session.sessionId);
  }
}

/** "controlplane", then "controlplane 2". */
function freeTitle(node: string, sessions: TerminalSession[]): string {
  const taken = new Set(sessions.map((session) => session.describe().title));
  for (let number = 1; ; number++) {
    const title = number === 1 ? node : `${node} ${number}`;
    if (!taken.has(title)) return title;
  }
}
