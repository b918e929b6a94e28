import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from "node:http";
import type { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";
import { deflateRawSync, gunzipSync, gzipSync, inflateRawSync } from "node:zlib";
import { badRequest, notFound, serviceUnavailable } from "@/lib/cluster/client/status";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { Target } from "../api";
import { groupResource } from "../registry/registry";
import { OneConnection } from "../backends/one-connection";
import { requireNodeProxy } from "./pod-target";
import { rewriteHtml, rewriteUrl, type ProxyPlace } from "./proxy-rewrite";
import type { ServeCall } from "./subresource";

/** `name`, `name:port` or `scheme:name:port`. */
function split(name: string): { scheme: string; name: string; port: string } {
  const parts = name.split(":");
  if (parts.length === 3) return { scheme: parts[0]!, name: parts[1]!, port: parts[2]! };
  return { scheme: "http", name: parts[0]!, port: parts[1] ?? "" };
}

export async function proxyPod(call: ServeCall): Promise<void> {
  const { api, target } = call;
  const { scheme, name, port } = split(target.name);
  const pod = read(target, name) as KubeObject & {
    spec: { containers: { ports?: { containerPort: number; name?: string }[] }[] };
    status?: { podIP?: string };
  };
  const ports = pod.spec.containers.flatMap((container) => container.ports ?? []);
  const number =
    port === ""
      ? (ports[0]?.containerPort ?? 80)
      : (ports.find((one) => one.name === port)?.containerPort ?? Number(port));
  if (!Number.isInteger(number)) throw badRequest(`invalid pod request ${JSON.stringify(target.name)}`);
  await relay(call, scheme, `${pod.status?.podIP}:${number}`, (signal) =>
    requireNodeProxy(api).dialPod(pod, number, signal),
  );
}

interface ServicePort {
  name?: string;
  port: number;
  targetPort?: number | string;
}

interface Slice extends KubeObject {
  endpoints?: {
    addresses: string[];
    conditions?: { ready?: boolean };
    targetRef?: { kind?: string; name?: string; namespace?: string };
  }[];
  ports?: { name?: string; port: number }[];
}

export async function proxyService(call: ServeCall): Promise<void> {
  const { api, target } = call;
  const { scheme, name, port } = split(target.name);
  const service = read(target, name) as KubeObject & { spec: { ports?: ServicePort[] } };
  const ports = service.spec.ports ?? [];
  const chosen = port === "" ? ports[0] : ports.find((one) => one.name === port || String(one.port) === port);
  if (!chosen)
    throw serviceUnavailable(
      `no service port ${JSON.stringify(port)} found for service ${JSON.stringify(name)}`,
    );
  const slices = (
    api.registry.readAll("discovery.k8s.io", "endpointslices", target.namespace) as Slice[]
  ).filter(({ metadata }) => metadata.labels?.["kubernetes.io/service-name"] === name);
  const ready = slices.flatMap((slice) => {
    const number = slice.ports?.find((one) => (one.name ?? "") === (chosen.name ?? ""))?.port;
    if (number === undefined) return [];
    return (slice.endpoints ?? [])
      .filter(({ conditions }) => conditions?.ready !== false)
      .map((endpoint) => ({ address: endpoint.addresses[0]!, number, ref: endpoint.targetRef }));
  });
  const pick = ready[Math.floor(Math.random() * ready.length)];
  if (!pick) throw serviceUnavailable(`no endpoints available for service ${JSON.stringify(target.name)}`);
  const proxy = requireNodeProxy(api);
  const pod =
    pick.ref?.kind === "Pod"
      ? api.registry.read("", "pods", pick.ref.namespace ?? target.namespace, pick.ref.name ?? "")
      : undefined;
  await relay(call, scheme, `${pick.address}:${pick.number}`, (signal) =>
    pod ? proxy.dialPod(pod, pick.number, signal) : proxy.dial(pick.address, pick.number, signal),
  );
}

export async function proxyNode(call: ServeCall): Promise<void> {
  const { api, request, response, target, info } = call;
  const { name } = split(target.name);
  const node = read(target, name);
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

function read({ resource, namespace }: Target, name: string): KubeObject {
  const entry = resource.collection.get(namespace, name);
  if (!entry) throw notFound(groupResource(resource), name);
  return entry.object;
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
 * Sends the request on over a connection of `dial` and the answer back; headers of the caller's identity stay here.
 * Links and redirects lead back through the proxy (apimachinery 1.34 pkg/util/proxy).
 */
async function relay(
  call: ServeCall,
  scheme: string,
  backendHost: string,
  dial: (signal: AbortSignal) => Promise<Duplex>,
): Promise<void> {
  if (redirected(call)) return;
  const { request, response, info } = call;
  const stop = new AbortController();
  response.once("close", () => stop.abort());
  const unreachable = (failure: Error) =>
    serviceUnavailable(`error trying to reach service: ${failure.message}`);
  let connection: Duplex;
  try {
    const plain = await dial(stop.signal);
    connection = scheme === "https" ? connectTls({ socket: plain, rejectUnauthorized: false }) : plain;
  } catch (failure) {
    throw unreachable(failure as Error);
  }
  const host = request.headers.host ?? "localhost";
  const headers = Object.fromEntries(
    Object.entries(request.headers).filter(
      ([name]) => !hopByHop.has(name) && !name.startsWith("impersonate-"),
    ),
  );
  const { remoteAddress } = request.socket;
  const forwarded = [request.headers["x-forwarded-for"], remoteAddress].flat().filter(Boolean).join(", ");
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = httpRequest(
      {
        method: request.method,
        path: `${info.rest || "/"}${rawQuery(request)}`,
        headers: {
          ...headers,
          connection: "close",
          "x-forwarded-uri": info.path,
          ...(forwarded ? { "x-forwarded-for": forwarded } : {}),
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
    hosts: [host, backendHost],
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
