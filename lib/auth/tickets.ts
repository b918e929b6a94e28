import { randomBytes } from "node:crypto";
import { z } from "zod";
import { AppError } from "@/lib/core/app-error";
import type { Clock } from "@/lib/core/clock";
import { seal, unseal } from "./seal";

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
const purpose = "terminal ticket 1";

/** A ticket for the terminal WebSocket, which cannot carry a header. */
export function issueTicket(secret: string, clock: Clock, claims: TicketClaims): string {
  return seal(secret, purpose, {
    ...claims,
    nonce: randomBytes(16).toString("base64url"),
    expiresAtMs: clock.now() + ticketLifetimeMs,
  } satisfies z.infer<typeof payloadSchema>);
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
    const payload = unseal(this.secret, purpose, ticket, payloadSchema);
    if (!payload || payload.expiresAtMs <= nowMs || this.#used.has(payload.nonce))
      throw new AppError("unauthenticated", "This terminal ticket is not valid any more. Reload the page.");
    this.#used.set(payload.nonce, nowMs + ticketLifetimeMs);
    const { nonce: _nonce, expiresAtMs: _expiresAtMs, ...claims } = payload;
    return claims;
  }
}
