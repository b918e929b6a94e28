import { createHmac, timingSafeEqual } from "node:crypto";
import type { z } from "zod";

const lengthMax = 2048;

/**
 * A value that only we can have written: `<base64url JSON>.<base64url HMAC-SHA-256>`, with a key for the purpose that is
 * derived from `secret`. Who has it can read it.
 */
export function seal(secret: string, purpose: string, value: unknown): string {
  const payload = Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${payload}.${sign(secret, purpose, payload).toString("base64url")}`;
}

/** The value, or undefined for what was not sealed with the secret for the purpose. */
export function unseal<S extends z.ZodType>(
  secret: string,
  purpose: string,
  sealed: string,
  schema: S,
): z.output<S> | undefined {
  if (sealed.length > lengthMax) return undefined;
  const [payload, signature, ...rest] = sealed.split(".");
  if (payload === undefined || signature === undefined || rest.length > 0) return undefined;
  const given = Buffer.from(signature, "base64url");
  const right = sign(secret, purpose, payload);
  if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined;
  const parsed = schema.safeParse(JSON.parse(Buffer.from(payload, "base64url").toString("utf8")));
  return parsed.success ? parsed.data : undefined;
}

function sign(secret: string, purpose: string, payload: string): Buffer {
  const key = createHmac("sha256", secret).update(`examctl ${purpose}`).digest();
  return createHmac("sha256", key).update(payload).digest();
}
