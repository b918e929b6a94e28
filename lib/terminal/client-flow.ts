/**
 * Flow control of one session's output towards its clients, in bytes of output that were sent and not yet acknowledged
 * as shown (VS Code's terminal does the same in characters). The shell waits while any client that counts has
 * `highWaterBytes` on the way, and goes on when all of them are below `lowWaterBytes`.
 *
 * A client counts while it keeps up. One that makes the others wait for `stallMs`, or the shell alone for
 * `stallAloneMs`, is set aside: it gets no output, holds nobody up, and is given a snapshot when it has shown what it
 * was sent.
 */
export const highWaterBytes = 2 << 20;
export const lowWaterBytes = 1 << 20;
export const stallMs = 1_000;
export const stallAloneMs = 10_000;

export type FlowState =
  /** Its snapshot is being made; output since then is kept for it. */
  "waiting" | "live" | "lagging";

export class ClientFlow {
  state: FlowState = "waiting";
  /** Absolute offsets. */
  sent = 0;
  acked = 0;
  /** When it reached the high-water mark, for as long as it stays above the low one. */
  fullSinceMs: number | undefined;

  get unackedBytes(): number {
    return this.sent - this.acked;
  }

  /** Output up to `offset` has been sent to it or is kept for it. */
  advance(offset: number, nowMs: number): void {
    this.sent = offset;
    if (this.unackedBytes >= highWaterBytes) this.fullSinceMs ??= nowMs;
  }

  /** An acknowledgement that goes backwards or past what was sent is bounded, not believed. */
  ack(offset: number): void {
    this.acked = Math.min(Math.max(this.acked, offset), this.sent);
    if (this.unackedBytes <= lowWaterBytes) this.fullSinceMs = undefined;
  }

  /** It starts afresh at `offset`. */
  restart(offset: number, state: FlowState): void {
    this.state = state;
    this.sent = offset;
    this.acked = offset;
    this.fullSinceMs = undefined;
  }
}

export interface FlowVerdict {
  paused: boolean;
  /** Clients to set aside now. */
  lagging: ClientFlow[];
  /** When to ask again, if nothing happens before. */
  checkAfterMs: number | undefined;
}

/** Pure: who holds the shell up, and for how much longer. */
export function judgeFlow(clients: readonly ClientFlow[], nowMs: number): FlowVerdict {
  const counting = clients.filter((client) => client.state !== "lagging");
  const full = counting.filter((client) => client.fullSinceMs !== undefined);
  if (full.length === 0) return { paused: false, lagging: [], checkAfterMs: undefined };
  const patienceMs = full.length < counting.length ? stallMs : stallAloneMs;
  const lagging = full.filter(
    (client) => client.state === "live" && nowMs - client.fullSinceMs! >= patienceMs,
  );
  const remaining = full.filter((client) => !lagging.includes(client));
  const dueMs = remaining
    .filter((client) => client.state === "live")
    .map((client) => client.fullSinceMs! + patienceMs - nowMs);
  return {
    paused: remaining.length > 0,
    lagging,
    checkAfterMs: dueMs.length > 0 ? Math.min(...dueMs) : undefined,
  };
}
