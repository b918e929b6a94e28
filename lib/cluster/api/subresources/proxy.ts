import { request as httpRequest, type IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { badRequest, notFound, serviceUnavailable } from "@/lib/cluster/client/status";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { Target } from "../api";
import { groupResource } from "../registry/registry";
import { OneConnection } from "../backends/one-connection";
import { requireNodeProxy } from "./pod-target";
import type { ServeCall } from "./subresource";

/** `name`, `name:port` or `scheme:name:port`. */
function split(name: string): { scheme: string; name: string; port: string } {
  const parts = name.split(":");
  if (parts.length === 3) return { scheme: parts[0]!, name: parts[1]!, port: parts[2]! };
  return { scheme: "http", name: parts[0]!, port: parts[1] ?? "" };
}

export async function proxyPod(call: ServeCall): Promise<void> {
  const { api, target } = call;
  const { name, port } = split(target.name);
  const pod = read(target, name) as KubeObject & {
    spec: { containers: { ports?: { containerPort: number; name?: string }[] }[] };
  };
  const ports = pod.spec.containers.flatMap((container) => container.ports ?? []);
  const number =
    port === ""
      ? (ports[0]?.containerPort ?? 80)
      : (ports.find((one) => one.name === port)?.containerPort ?? Number(port));
  if (!Number.isInteger(number)) throw badRequest(`invalid pod request ${JSON.stringify(target.name)}`);
  await relay(call, (signal) => requireNodeProxy(api).dialPod(pod, number, signal));
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
  const { name, port } = split(target.name);
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
  await relay(call, (signal) =>
    pod ? proxy.dialPod(pod, pick.number, signal) : proxy.dial(pick.address, pick.number, signal),
  );
}

export async function proxyNode({ api, request, response, target, info }: ServeCall): Promise<void> {
  const { name } = split(target.name);
  const node = read(target, name);
  const stop = new AbortController();
  response.once("close", () => stop.abort());
  const query = info.query.toString();
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

const hopByHop = new Set([
  "connection",
  "keep-alive",
  "transfer-encoding",
  "upgrade",
  "authorization",
  "host",
]);

/** Sends the request on over a connection of `dial` and the answer back; headers of the caller's identity stay here. */
async function relay(
  { request, response, info }: ServeCall,
  dial: (signal: AbortSignal) => Promise<Duplex>,
): Promise<void> {
  const stop = new AbortController();
  response.once("close", () => stop.abort());
  let connection: Duplex;
  try {
    connection = await dial(stop.signal);
  } catch (failure) {
    throw serviceUnavailable(`error trying to reach service: ${(failure as Error).message}`);
  }
  const headers = Object.fromEntries(
    Object.entries(request.headers).filter(
      ([name]) => !hopByHop.has(name) && !name.startsWith("impersonate-"),
    ),
  );
  const query = info.query.toString();
  const path = `${encodeURI(info.rest || "/")}${query ? `?${query}` : ""}`;
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = httpRequest(
      {
        method: request.method,
        path,
        headers: { ...headers, host: "localhost", connection: "close" },
        agent: new OneConnection(connection),
        signal: stop.signal,
      },
      resolve,
    );
    outgoing.on("error", (failure) =>
      reject(serviceUnavailable(`error trying to reach service: ${failure.message}`)),
    );
    request.pipe(outgoing);
  });
  const back = Object.fromEntries(Object.entries(answer.headers).filter(([name]) => !hopByHop.has(name)));
  response.writeHead(answer.statusCode ?? 502, back as Record<string, string>);
  answer.pipe(response);
  answer.on("error", () => response.destroy());
}
