import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { readPreviewTicket, type PreviewClaims } from "@/lib/auth/preview-tickets";
import { AppError } from "@/lib/core/app-error";
import type { Clock } from "@/lib/core/clock";
import type { Logger } from "@/lib/core/logger";
import { explain } from "./explain";
import { forward, limits, tooLarge } from "./forward";
import { isolation, sharing } from "./headers";
import { problemInWords } from "./problems";

export const previewPath = "/preview/";
const requestsMax = { perUser: 32, all: 200 };
const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
const safeMethods = ["GET", "HEAD", "OPTIONS"];

export interface PreviewGatewayOptions {
  secret: string;
  clock: Clock;
  logger: Logger;
  publicUrl: string;
  /** Whose session the request carries, if any. */
  userOf(request: IncomingMessage): Promise<string | undefined>;
  /** The lab that the claims are good for now; throws when they are not, or when a request that changes something is refused. */
  authorise(claims: PreviewClaims, changes: boolean): Promise<string>;
  /** Connects to a port of a node of the lab. */
  dial(
    labId: string,
    node: string,
    port: number,
    timeoutMs: number,
  ): Promise<{ address: string; socket: Socket }>;
}

/**
 * `/preview/TICKET/...`: one port of a node of a running attempt. The ticket says whose request it is and which port it
 * goes to, so nothing in the request itself chooses a target. Browsers send no cookie of ours from a page that is cut off
 * from our origin, hence a ticket in the address.
 */
export class PreviewGateway {
  readonly #openOf = new Map<string, number>();
  #open = 0;

  constructor(private readonly options: PreviewGatewayOptions) {}

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { secret, clock, logger, publicUrl } = this.options;
    const { host } = request.headers;
    const [, ticket = "", rest = ""] = /^\/preview\/([\w.-]*)([/?].*)?$/.exec(request.url ?? "") ?? [];
    const prefix = `${previewPath}${ticket}`;
    const own = { ...isolation(prefix, [host, new URL(publicUrl).host]), ...sharing(request) };
    let claims: PreviewClaims | undefined;
    try {
      claims = readPreviewTicket(secret, clock, ticket);
      await this.#requireOwnBrowser(request, claims.userId);
      if (!rest.startsWith("/"))
        return void response.writeHead(307, { ...own, location: `${prefix}/${rest}` }).end();
      if (!methods.includes(request.method ?? ""))
        throw new AppError("invalid", `Requests of the method ${request.method} do not come through here.`);
      if (isPreflight(request)) return void response.writeHead(204, { ...own, ...allowed(request) }).end();
      if (Number(request.headers["content-length"] ?? 0) > limits.requestBytesMax)
        return explain(response, tooLarge, { ...own, connection: "close" });
      await this.#counted(claims.userId, () => this.#pass(request, response, claims!, prefix, rest, own));
    } catch (failure) {
      if (response.headersSent || response.destroyed) return void response.destroy();
      const problem = problemInWords(failure, claims?.place);
      if (!problem) logger.error({ err: failure }, "preview failed");
      explain(
        response,
        problem ?? { status: 500, title: "Something went wrong inside examctl", words: ["Try again."] },
        own,
      );
    }
  }

  /** An address that was handed on opens for nobody else: what a browser shows as a page of its own needs the session, too. */
  async #requireOwnBrowser(request: IncomingMessage, userId: string): Promise<void> {
    const user = await this.options.userOf(request);
    const isPage = request.headers["sec-fetch-dest"] === "document";
    if (user !== userId && (isPage || user !== undefined))
      throw new AppError(
        "unauthenticated",
        "This view was opened by somebody else. Sign in and open your own.",
      );
  }

  async #pass(
    request: IncomingMessage,
    response: ServerResponse,
    claims: PreviewClaims,
    prefix: string,
    path: string,
    own: ReturnType<typeof isolation>,
  ): Promise<void> {
    const { authorise, dial } = this.options;
    const labId = await authorise(claims, !safeMethods.includes(request.method!));
    const { node, port } = claims.place;
    const { address, socket: connection } = await dial(labId, node, port, limits.connectMs);
    await forward(request, response, { place: claims.place, address, connection, prefix, path, own });
  }

  async #counted(userId: string, work: () => Promise<void>): Promise<void> {
    const open = this.#openOf.get(userId) ?? 0;
    if (open >= requestsMax.perUser || this.#open >= requestsMax.all)
      throw new AppError("exhausted", "Too many requests to labs are under way. Wait a moment.");
    this.#openOf.set(userId, open + 1);
    this.#open++;
    try {
      await work();
    } finally {
      this.#open--;
      const left = this.#openOf.get(userId)! - 1;
      if (left === 0) this.#openOf.delete(userId);
      else this.#openOf.set(userId, left);
    }
  }
}

/** A page that is cut off asks before it sends anything unusual, to whatever server; that question is ours to answer. */
function isPreflight({ method, headers }: IncomingMessage): boolean {
  return (
    method === "OPTIONS" &&
    headers.origin === "null" &&
    headers["access-control-request-method"] !== undefined
  );
}

function allowed({ headers }: IncomingMessage) {
  return {
    "access-control-allow-methods": methods.join(", "),
    "access-control-allow-headers": headers["access-control-request-headers"] ?? "",
  };
}
