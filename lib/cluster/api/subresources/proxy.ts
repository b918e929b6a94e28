import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from "node:http";
import { deflateRawSync, gunzipSync, gzipSync, inflateRawSync } from "node:zlib";
import { OneConnection } from "@/lib/core/http/one-connection";
import { requireNodeProxy } from "./pod-target";
import { proxyBackend, readProxied, splitProxyName, unreachable } from "./proxy-backend";
import { rewriteHtml, rewriteUrl, type ProxyPlace } from "@/lib/core/http/rewrite-links";
import type { ServeCall } from "./subresource";

export async function proxyNode(call: ServeCall): Promise<void> {
  const { api, request, response, target, info } = call;
  const { name } = splitProxyName(target.name);
  const node = readProxied(target, name);
  if (redirected(call)) return;
  const stop = new AbortController();
  response.once("close", () => stop.abort());
  const query = rawQuery(request).slice(1);
  const answer = await requireNodeProxy(api).nodeRequest(
    node,
    { method: request.method ?? "GET", path: info.rest || "/", query },
    stop.signal,
  );
  response.writeHead(answer.status, {
    "Content-Type": answer.contentType,
    "Content-Length": answer.body.length,
  });
  response.end(answer.body);
}

const hopByHop = new Set(["connection", "keep-alive", "transfer-encoding", "upgrade", "authorization"]);
const pageBytesMax = 8 << 20;

/** An empty path is none that a server could have: the client is sent to the one with a slash. */
function redirected({ request, response, info }: ServeCall): boolean {
  if (info.rest !== "" || !["GET", "HEAD"].includes(request.method ?? "")) return false;
  response.writeHead(301, { Location: `${info.path}/${rawQuery(request)}`, "Content-Length": 0 });
  response.end();
  return true;
}

function rawQuery({ url = "" }: IncomingMessage): string {
  const question = url.indexOf("?");
  return question < 0 ? "" : url.slice(question);
}

/**
 * Sends the request on to a pod or Service and the answer back; headers of the caller's identity stay here.
 * Links and redirects lead back through the proxy (apimachinery 1.34 pkg/util/proxy).
 */
export async function proxyRequest(call: ServeCall): Promise<void> {
  const backend = proxyBackend(call.api, call.target);
  if (redirected(call)) return;
  const { request, response, info } = call;
  const stop = new AbortController();
  response.once("close", () => stop.abort());
  const connection = await backend.connect(stop.signal);
  const host = request.headers.host ?? "localhost";
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = httpRequest(
      {
        method: request.method,
        path: `${info.rest || "/"}${rawQuery(request)}`,
        headers: {
          ...forwardedHeaders(request, info.path),
          connection: "close",
        },
        setHost: false,
        agent: new OneConnection(connection),
        signal: stop.signal,
      },
      resolve,
    );
    outgoing.on("error", (failure) => reject(unreachable(failure)));
    request.pipe(outgoing);
  });
  const back = Object.fromEntries(
    Object.entries(answer.headers).filter(
      ([name]) => !hopByHop.has(name) && !name.startsWith("access-control-"),
    ),
  );
  const place = {
    prefix: info.path.slice(0, info.path.length - info.rest.length),
    hosts: [host, backend.host],
  };
  if (back.location) back.location = rewriteUrl(String(back.location), place);
  else if (/^text\/html\b/.test(String(back["content-type"] ?? "")) && request.method !== "HEAD") {
    const page = await readPage(answer);
    if (page) {
      const body = rewritePage(page, String(back["content-encoding"] ?? ""), place);
      response.writeHead(answer.statusCode ?? 502, { ...back, "content-length": body.length });
      return void response.end(body);
    }
  }
  response.writeHead(answer.statusCode ?? 502, back as OutgoingHttpHeaders);
  answer.pipe(response);
  answer.on("error", () => response.destroy());
}

/** The headers that go on. */
export function forwardedHeaders(request: IncomingMessage, path: string): OutgoingHttpHeaders {
  const { remoteAddress } = request.socket;
  const forwarded = [request.headers["x-forwarded-for"], remoteAddress].flat().filter(Boolean).join(", ");
  return {
    ...Object.fromEntries(
      Object.entries(request.headers).filter(
        ([name]) => !hopByHop.has(name) && !name.startsWith("impersonate-"),
      ),
    ),
    "x-forwarded-uri": path,
    ...(forwarded ? { "x-forwarded-for": forwarded } : {}),
  };
}

/** Undefined for a page too long to hold, which goes on unread. */
async function readPage(answer: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer.iterator({ destroyOnReturn: false })) {
    chunks.push(chunk as Buffer);
    bytes += (chunk as Buffer).length;
    if (bytes <= pageBytesMax) continue;
    answer.unshift(Buffer.concat(chunks));
    return undefined;
  }
  return Buffer.concat(chunks);
}

const codings: Record<string, [decode: (bytes: Buffer) => Buffer, encode: (bytes: Buffer) => Buffer]> = {
  "": [(bytes) => bytes, (bytes) => bytes],
  gzip: [(bytes) => gunzipSync(bytes, { maxOutputLength: pageBytesMax }), (bytes) => gzipSync(bytes)],
  deflate: [
    (bytes) => inflateRawSync(bytes, { maxOutputLength: pageBytesMax }),
    (bytes) => deflateRawSync(bytes),
  ],
};

function rewritePage(page: Buffer, coding: string, place: ProxyPlace): Buffer {
  const [decode, encode] = codings[coding] ?? [];
  if (!decode || !encode) return page;
  try {
    return encode(Buffer.from(rewriteHtml(decode(page).toString("utf8"), place)));
  } catch {
    return page; // what does not decode is the client's to make out
  }
}
