import {
  request as httpRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type ServerResponse,
} from "node:http";
import { isIP, type Socket } from "node:net";
import { Transform, type TransformCallback } from "node:stream";
import { pipeline } from "node:stream/promises";
import { connect as tlsConnect } from "node:tls";
import type { PreviewPlace } from "@/lib/auth/preview-tickets";
import { OneConnection } from "@/lib/core/http/one-connection";
import { rewriteHtml } from "@/lib/core/http/rewrite-links";
import { explain, type Explanation } from "./explain";
import { headersForBrowser, headersForLab } from "./headers";
import { exchangeProblem } from "./problems";
import { authorityOf, redirectTarget } from "./redirect-target";

export const limits = {
  requestBytesMax: 8 << 20,
  answerBytesMax: 32 << 20,
  /** Pages up to this size have their links changed; longer ones go on unread. */
  pageBytesMax: 1 << 20,
  connectMs: 5000,
  /** From the request to the head of its answer, and to its end. */
  headMs: 30_000,
  wholeMs: 60_000,
};

export interface Forwarded {
  place: PreviewPlace;
  /** The address of the node, and the connection to it. */
  address: string;
  connection: Socket;
  /** What stands before the server's own paths, and the server's own path with its query. */
  prefix: string;
  path: string;
  /** Of every answer, whatever the server says. */
  own: OutgoingHttpHeaders;
}

/** Sends one request to a server in a lab and its answer back; a failure becomes a page in words. */
export async function forward(
  request: IncomingMessage,
  response: ServerResponse,
  to: Forwarded,
): Promise<void> {
  const { place, own } = to;
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const whole = AbortSignal.timeout(limits.wholeMs);
  const stop = AbortSignal.any([gone.signal, whole]);
  try {
    const answer = await exchange(request, to, stop);
    if (answer.statusCode === 101) {
      const words = [
        "The server answers with another protocol, a WebSocket perhaps. Those do not come through here.",
      ];
      return explain(response, { status: 502, title: "This is no page", words }, own);
    }
    await sendBack(answer, response, to);
  } catch (failure) {
    if (gone.signal.aborted || response.headersSent) return void response.destroy();
    const reason = whole.aborted ? (whole.reason as Error) : (failure as Error);
    explain(response, reason instanceof TooLarge ? tooLarge : exchangeProblem(reason, place), own);
  } finally {
    to.connection.destroy();
  }
}

async function exchange(
  request: IncomingMessage,
  to: Forwarded,
  stop: AbortSignal,
): Promise<IncomingMessage> {
  const { place, address, connection, path } = to;
  const authority = authorityOf(place, address);
  connection.on("error", () => connection.destroy());
  const name = new URL(`http://${authority}`).hostname;
  const stream =
    place.scheme === "https"
      ? // Certificates in labs are the labs' own.
        tlsConnect({
          socket: connection,
          rejectUnauthorized: false,
          ...(isIP(name) ? {} : { servername: name }),
        })
      : connection;
  const head = AbortSignal.timeout(limits.headMs);
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      {
        method: request.method,
        path,
        headers: headersForLab(request, authority),
        setHost: false,
        agent: new OneConnection(stream),
        signal: stop,
      },
      (answer) => resolve(answer),
    );
    // It comes paused; by now somebody reads it.
    outgoing.once("socket", () => connection.resume());
    outgoing.on("upgrade", (answer, socket) => {
      socket.destroy();
      resolve(answer);
    });
    const late = () => outgoing.destroy(head.reason as Error);
    head.addEventListener("abort", late, { once: true });
    outgoing.once("response", () => head.removeEventListener("abort", late));
    outgoing.on("error", reject);
    pipeline(request, atMost(limits.requestBytesMax), outgoing).catch((failure: Error) => {
      // A server may answer before it has read everything.
      if (failure instanceof TooLarge) reject(failure);
    });
  });
}

async function sendBack(answer: IncomingMessage, response: ServerResponse, to: Forwarded): Promise<void> {
  const { place, address, prefix, path, own } = to;
  const { statusCode: status = 502, headers } = answer;
  const back: OutgoingHttpHeaders = { ...headersForBrowser(answer), ...own };
  if (headers.location !== undefined) {
    const names = [authorityOf(place, address), `${address}:${place.port}`];
    const target = redirectTarget(headers.location, { scheme: place.scheme, names, path });
    if ("elsewhere" in target) {
      answer.destroy();
      const words = [
        `The server sends you to ${target.elsewhere}, which is another address than the one that is shown here (${place.scheme}://${names[0]}).`,
        "Choose that port, protocol and host name above if it is one of this lab.",
      ];
      return explain(response, { status: 502, title: "The page is elsewhere", words }, own);
    }
    back.location = prefix + target.path;
  }
  if (Number(headers["content-length"] ?? 0) > limits.answerBytesMax) {
    answer.destroy();
    return explain(response, { ...tooLarge, status: 502 }, own);
  }
  const page = isPage(answer, response) ? await readPage(answer) : undefined;
  if (page) {
    const html = rewriteHtml(page.toString("latin1"), { prefix, hosts: ["", authorityOf(place, address)] });
    const body = Buffer.from(html, "latin1");
    response.writeHead(status, { ...back, "content-length": body.length });
    return void response.end(body);
  }
  response.writeHead(status, back);
  await pipeline(answer, atMost(limits.answerBytesMax), response);
}

/** Whether it is HTML as it was written, in an encoding whose tags are ASCII. */
function isPage({ headers, statusCode }: IncomingMessage, { req }: ServerResponse): boolean {
  return (
    /^text\/html\b(?!.*utf-16)/i.test(headers["content-type"] ?? "") &&
    headers["content-encoding"] === undefined &&
    req.method !== "HEAD" &&
    statusCode !== 206 &&
    Number(headers["content-length"] ?? 0) <= limits.pageBytesMax
  );
}

/** Undefined for a page too long to hold, which goes on unread. */
async function readPage(answer: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer.iterator({ destroyOnReturn: false })) {
    chunks.push(chunk as Buffer);
    bytes += (chunk as Buffer).length;
    if (bytes <= limits.pageBytesMax) continue;
    answer.unshift(Buffer.concat(chunks));
    return undefined;
  }
  return Buffer.concat(chunks);
}

class TooLarge extends Error {}

export const tooLarge: Explanation = {
  status: 413,
  title: "This is too large",
  words: [
    `Requests of more than ${limits.requestBytesMax >> 20} MB and answers of more than ${limits.answerBytesMax >> 20} MB do not come through here.`,
  ],
};

function atMost(bytesMax: number): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done: TransformCallback) {
      bytes += chunk.length;
      if (bytes > bytesMax) done(new TooLarge(`more than ${bytesMax} bytes`));
      else done(null, chunk);
    },
  });
}
