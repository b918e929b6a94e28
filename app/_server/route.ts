import "server-only";
import { z } from "zod";
import type { Actor } from "@/lib/auth/roles";
import { AppError, httpStatusOf } from "@/lib/core/app-error";
import { deps, type WebDeps } from "./deps";
import { requireSession } from "./session";

type Params = Record<string, string>;
interface RouteContext<P extends Params> {
  params: Promise<P>;
}
interface RouteInput<P, B> {
  deps: WebDeps;
  actor: Actor;
  /** Of the session, for tickets. */
  epoch: number;
  params: P;
  body: B;
  request: Request;
}

/**
 * A JSON route: authorises, parses, calls, answers. Writing methods must come from our own pages (same origin), on top
 * of the session cookie's SameSite=Lax. `work` answers with JSON, or with a Response of its own.
 */
export function route<P extends Params, S extends z.ZodType = z.ZodUndefined>(
  work: (input: RouteInput<P, z.output<S>>) => Promise<unknown>,
  bodySchema?: S,
) {
  return async (request: Request, context: RouteContext<P>): Promise<Response> => {
    try {
      if (request.method !== "GET") requireSameOrigin(request);
      const { actor, epoch } = await requireSession();
      const body = (bodySchema ? await parseBody(request, bodySchema) : undefined) as z.output<S>;
      const output = await work({ deps: deps(), actor, epoch, params: await context.params, body, request });
      return output instanceof Response
        ? output
        : Response.json(output ?? {}, { headers: { "cache-control": "no-store" } });
    } catch (failure) {
      return errorResponse(failure, request);
    }
  };
}

export function errorResponse(failure: unknown, request: Request): Response {
  const error = AppError.from(failure);
  if (error.code === "internal")
    deps().logger.error({ err: failure, path: new URL(request.url).pathname }, "request failed");
  const { code, message, details } = error;
  return Response.json(
    { error: { code, message, ...(details.problems ? { problems: details.problems } : {}) } },
    { status: httpStatusOf[code], headers: { "cache-control": "no-store" } },
  );
}

function requireSameOrigin(request: Request): void {
  const site = request.headers.get("sec-fetch-site");
  const origin = request.headers.get("origin");
  const host = request.headers.get("x-forwarded-host") ?? request.headers.get("host");
  const same = origin !== null ? safeHost(origin) === host : site === "same-origin";
  if (!same || (site !== null && site !== "same-origin"))
    throw new AppError("forbidden", "This request does not come from a page of this server.");
}

function safeHost(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}

async function parseBody<S extends z.ZodType>(request: Request, schema: S): Promise<z.output<S>> {
  if (!request.headers.get("content-type")?.startsWith("application/json"))
    throw new AppError("invalid", "Send JSON (content-type: application/json).");
  const text = await request.text();
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new AppError("invalid", "The request is not JSON.", { cause });
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new AppError("invalid", z.prettifyError(parsed.error));
  return parsed.data;
}
