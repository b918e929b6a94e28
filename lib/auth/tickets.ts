import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { AppError } from "@/lib/core/app-error";
import type { Clock } from "@/lib/core/clock";

/** A browser asks for a ticket and opens its WebSocket at once; this is ample even over a bad line. */
export const ticketLifetimeMs = 30_000;

const claimsSchema = z.object({
  userId: z.string(),
  /** Of the account when the ticket was made: disabling it or changing its password makes the ticket void. */
  epoch: z.number().int(),
  attemptId: z.string(),
  sessionId: z.string(),
  readOnly: z.boolean(),
});
/** One user may open one terminal session of one attempt, once, soon. */
export type TicketClaims = z.infer<typeof claimsSchema>;

const payloadSchema = claimsSchema.extend({ nonce: z.string(), expiresAtMs: z.number() });

/**
 * A ticket for the terminal WebSocket, which cannot carry a header: `<base64url JSON>.<base64url HMAC-SHA-256>` with a
 * key of its own, derived from `secret`.
 */
export function issueTicket(secret: string, clock: Clock, claims: TicketClaims): string {
  const payload = Buffer.from(
    JSON.stringify({
      ...claims,
      nonce: randomBytes(16).toString("base64url"),
      expiresAtMs: clock.now() + ticketLifetimeMs,
    } satisfies z.infer<typeof payloadSchema>),
  ).toString("base64url");
  return `${payload}.${sign(secret, payload).toString("base64url")}`;
}

/** Takes tickets, each once. What was used is remembered in this process until the ticket would have expired. */
export class TicketGate {
  readonly #used = new Map<string, number>();

  constructor(
    private readonly secret: string,
    private readonly clock: Clock,
  ) {}

  /** Throws `unauthenticated` for a ticket that is forged, expired or used, without saying which. */
  redeem(ticket: string): TicketClaims {
    const nowMs = this.clock.now();
    for (const [nonce, expiresAtMs] of this.#used) {
      if (expiresAtMs > nowMs) break; // in the order of use, so about in the order of expiry
      this.#used.delete(nonce);
    }
    const payload = this.#verify(ticket);
    if (!payload || payload.expiresAtMs <= nowMs || this.#used.has(payload.nonce))
      throw new AppError("unauthenticated", "This terminal ticket is not valid any more. Reload the page.");
    this.#used.set(payload.nonce, nowMs + ticketLifetimeMs);
    const { nonce: _nonce, expiresAtMs: _expiresAtMs, ...claims } = payload;
    return claims;
  }

  #verify(ticket: string): z.infer<typeof payloadSchema> | undefined {
    if (ticket.length > 2048) return undefined;
    const [payload, signature, ...rest] = ticket.split(".");
    if (payload === undefined || signature === undefined || rest.length > 0) return undefined;
    const given = Buffer.from(signature, "base64url");
    const right = sign(this.secret, payload);
    if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined;
    const parsed = payloadSchema.safeParse(JSON.parse(Buffer.from(payload, "base64url").toString("utf8")));
    return parsed.success ? parsed.data : undefined;
  }
}

function sign(secret: string, payload: string): Buffer {
  const key = createHmac("sha256", secret).update("examctl terminal ticket 1").digest();
  return createHmac("sha256", key).update(payload).digest();
}
