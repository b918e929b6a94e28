import { decode } from "next-auth/jwt";

/** Whose session a Cookie header carries; undefined for none, or one that is not ours. Of requests that Next does not see. */
export async function userOfCookies(
  header: string | undefined,
  options: { secret: string; publicUrl: string },
): Promise<string | undefined> {
  const prefix = options.publicUrl.startsWith("https://") ? "__Secure-" : "";
  const start = `${prefix}next-auth.session-token=`;
  const token = header
    ?.split("; ")
    .find((cookie) => cookie.startsWith(start))
    ?.slice(start.length);
  if (!token) return undefined;
  const claims = await decode({ token, secret: options.secret }).catch(() => null);
  return claims?.sub;
}
