import { request as httpRequest, type IncomingMessage } from "node:http";
import { connect as tlsConnect } from "node:tls";
import type { Duplex } from "node:stream";
import type { HttpGetAction } from "@/lib/cluster/resources/types";
import type { ContainerRuntime } from "../container-runtime";
import type { ActionOutcome } from "./action";
import { dialErrorText, hostPort } from "./dial-error";

const bodyBytesMax = 10 * 1024;
const redirectsMax = 10;
const timedOutText = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)";

interface Answer {
  status: number;
  location: string | undefined;
  body: string;
}

/**
 * One GET from the node (kubernetes 1.34 pkg/probe/http): 200 to 399 is success, redirects are followed within the host,
 * certificates are not checked. Failures read as Go's http client words them.
 */
export async function httpAction(
  runtime: ContainerRuntime,
  action: HttpGetAction,
  host: string,
  port: number,
  timeoutMs: number,
): Promise<ActionOutcome> {
  const untilMs = performance.now() + timeoutMs;
  const scheme = (action.scheme ?? "HTTP").toLowerCase();
  const path = action.path ?? "/";
  let url = new URL(`${scheme}://${hostPort(host, port)}${path.startsWith("/") ? path : `/${path}`}`);
  const first = `${scheme}://${hostPort(host, port)}${path.startsWith("/") ? path : `/${path}`}`;
  const headers = headersOf(action);
  for (let redirects = 0; ; redirects++) {
    let answer: Answer;
    try {
      answer = await get(runtime, url, headers, Math.max(1, untilMs - performance.now()));
    } catch (failure) {
      const shown = redirects === 0 ? first : url.href;
      return { result: "failure", output: `Get ${JSON.stringify(shown)}: ${(failure as Error).message}` };
    }
    const isRedirect = answer.status >= 300 && answer.status < 400 && answer.location !== undefined;
    if (isRedirect) {
      const next = URL.canParse(answer.location!, url.href) ? new URL(answer.location!, url.href) : undefined;
      if (next?.hostname === url.hostname && redirects < redirectsMax) {
        url = next;
        continue;
      }
    }
    if (answer.status < 200 || answer.status >= 400)
      return { result: "failure", output: `HTTP probe failed with statuscode: ${answer.status}` };
    if (answer.status >= 300)
      return { result: "warning", output: `Probe terminated redirects, Response body: ${answer.body}` };
    return { result: "success", output: answer.body };
  }
}

function headersOf(action: HttpGetAction): Record<string, string> {
  const headers: Record<string, string> = { "User-Agent": "kube-probe/1.34", Accept: "*/*" };
  for (const { name, value } of action.httpHeaders ?? []) {
    const known = Object.keys(headers).find((other) => other.toLowerCase() === name.toLowerCase());
    headers[known ?? name] = value;
  }
  return { ...headers, Connection: "close" };
}

async function get(
  runtime: ContainerRuntime,
  url: URL,
  headers: Record<string, string>,
  timeoutMs: number,
): Promise<Answer> {
  const isTls = url.protocol === "https:";
  const address = `${url.hostname}:${url.port || (isTls ? "443" : "80")}`;
  const started = performance.now();
  const raw = await runtime.dial(address, timeoutMs).catch((failure: unknown) => {
    const text = dialErrorText(address, failure);
    throw new Error(text.endsWith("i/o timeout") ? timedOutText : text);
  });
  raw.on("error", () => undefined);
  try {
    return await exchange(
      isTls ? secured(raw) : raw,
      url,
      headers,
      timeoutMs - (performance.now() - started),
    );
  } finally {
    raw.destroy();
  }
}

function secured(socket: Duplex): Duplex {
  const secure = tlsConnect({ socket, rejectUnauthorized: false });
  secure.on("error", () => undefined); // the request tells
  return secure;
}

function exchange(
  socket: Duplex,
  url: URL,
  headers: Record<string, string>,
  timeoutMs: number,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(timedOutText)), Math.max(1, timeoutMs));
    const fail = (failure: Error & { code?: string }) => {
      clearTimeout(timer);
      reject(new Error(failure.code === "ECONNRESET" ? "EOF" : failure.message));
    };
    const outgoing = httpRequest(
      {
        createConnection: () => socket,
        method: "GET",
        host: url.hostname,
        port: url.port,
        path: url.pathname + url.search,
        headers: { Host: url.host, ...headers },
      },
      (response) => {
        void readBody(response).then((body) => {
          clearTimeout(timer);
          resolve({ status: response.statusCode ?? 0, location: response.headers.location, body });
        }, fail);
      },
    );
    outgoing.on("error", fail);
    outgoing.end();
    socket.resume(); // a stream of labd comes paused
  });
}

function readBody(response: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const done = () => resolve(Buffer.concat(chunks).toString("utf8").slice(0, bodyBytesMax));
    response.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes >= bodyBytesMax) done();
    });
    response.on("error", reject);
    response.on("end", done);
  });
}
