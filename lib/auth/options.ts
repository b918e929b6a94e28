import type { NextAuthOptions } from "next-auth";
import CredentialsProvider from "next-auth/providers/credentials";
import { AppError } from "@/lib/core/app-error";
import type { Clock } from "@/lib/core/clock";
import type { Logger } from "@/lib/core/logger";
import type { Db } from "@/lib/db/client";
import { authenticate } from "./authenticate";

/** What a session carries: who, and the epoch of the account when it signed in (see `resolveActor`). */
export interface SessionClaims {
  userId: string;
  epoch: number;
}

export interface AuthDeps {
  db: Db;
  clock: Clock;
  logger: Logger;
  secret: string;
  /** Cookies get `Secure` and the `__Secure-` prefix when this is https. */
  publicUrl: string;
}

/** next-auth with user name and password; sessions are encrypted JWTs in an HttpOnly, SameSite=Lax cookie. */
export function authOptions(deps: AuthDeps): NextAuthOptions {
  return {
    secret: deps.secret,
    useSecureCookies: deps.publicUrl.startsWith("https://"),
    session: { strategy: "jwt", maxAge: 24 * 60 * 60 },
    pages: { signIn: "/sign-in", error: "/sign-in" },
    providers: [
      CredentialsProvider({
        credentials: { username: { type: "text" }, password: { type: "password" } },
        async authorize(credentials, request) {
          try {
            const user = await authenticate(deps, {
              username: String(credentials?.username ?? ""),
              password: String(credentials?.password ?? ""),
              address: remoteAddress(request.headers),
            });
            return { id: user.userId, epoch: user.epoch };
          } catch (failure) {
            // next-auth passes the message on to the sign-in page.
            const error = AppError.from(failure, "Signing in does not work at the moment. Try again soon.");
            if (error.code === "internal") deps.logger.error({ err: failure }, "sign-in failed");
            throw new Error(error.message, { cause: failure });
          }
        },
      }),
    ],
    callbacks: {
      jwt({ token, user }) {
        if (user) {
          token.sub = user.id;
          token.epoch = (user as { epoch?: number }).epoch ?? 0;
        }
        return token;
      },
      session({ token }) {
        const claims: SessionClaims = { userId: token.sub ?? "", epoch: Number(token.epoch ?? -1) };
        return { claims, expires: new Date(Number(token.exp) * 1000).toISOString() } as never;
      },
    },
    logger: {
      error: (code, metadata) => deps.logger.warn({ code, metadata }, "next-auth"),
      warn: (code) => deps.logger.debug({ code }, "next-auth"),
      debug: () => undefined,
    },
  };
}

/** The client's address as the custom server states it: it overwrites this header with what the socket says. */
export const remoteAddressHeader = "x-examctl-remote-address";

function remoteAddress(headers: Record<string, unknown> | undefined): string | undefined {
  const value = headers?.[remoteAddressHeader];
  return typeof value === "string" && value.length <= 64 ? value : undefined;
}
