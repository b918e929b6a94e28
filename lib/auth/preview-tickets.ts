import { z } from "zod";
import { AppError } from "@/lib/core/app-error";
import type { Clock } from "@/lib/core/clock";
import { dnsLabel } from "@/lib/contract/fields";
import { seal, unseal } from "./seal";

/** As long as a page that was opened goes on working; who looks longer presses "Open" again. */
export const previewLifetimeMs = 60 * 60_000;

/** A name with an optional port: what stands in a Host header. */
export const previewHost = z
  .string()
  .max(200)
  .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?(:\d{1,5})?$/i, "must be a host name such as shop.example");

export const previewPlace = z.object({
  node: dnsLabel,
  port: z.number().int().min(1).max(65535),
  scheme: z.enum(["http", "https"]),
  /** What the server is asked as; the node's address and port when absent. */
  host: previewHost.optional(),
});
export type PreviewPlace = z.infer<typeof previewPlace>;

const claimsSchema = z.object({
  userId: z.string(),
  epoch: z.number().int(),
  attemptId: z.string(),
  place: previewPlace,
});
/** One user may see one port of one attempt's node for a while. */
export type PreviewClaims = z.infer<typeof claimsSchema>;

const payloadSchema = claimsSchema.extend({ expiresAtMs: z.number() });
const purpose = "preview ticket 1";

/** Part of the address of a page of a lab: such pages are cut off from our cookies, and their own requests bring none. */
export function issuePreviewTicket(secret: string, clock: Clock, claims: PreviewClaims): string {
  return seal(secret, purpose, { ...claims, expiresAtMs: clock.now() + previewLifetimeMs });
}

/** Throws `unauthenticated` for a ticket that is forged or expired. What it allows must be asked for again. */
export function readPreviewTicket(secret: string, clock: Clock, ticket: string): PreviewClaims {
  const payload = unseal(secret, purpose, ticket, payloadSchema);
  if (!payload || payload.expiresAtMs <= clock.now())
    throw new AppError(
      "unauthenticated",
      "This view is not valid any more. Open it again from your practice test.",
    );
  const { expiresAtMs: _expiresAtMs, ...claims } = payload;
  return claims;
}
