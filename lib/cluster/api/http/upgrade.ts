import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { createWebSocketStream, WebSocketServer, type WebSocket } from "ws";
import { badRequest, noSuchResource } from "@/lib/cluster/client/status";
import { relayUpgradeToRemote } from "../aggregation/relay";
import { authorize, type Api, type Target } from "../api";
import { checkAllowed } from "../authz/check";
import type { ExecRequest } from "../node-proxy";
import { relayExec, type ExecStreams } from "../streams/exec-socket";
import { serveExecSpdy } from "../streams/exec-spdy";
import { servePortForward } from "../streams/port-forward";
import { SpdySession } from "../streams/spdy";
import { admitConnect, connectContext } from "../subresources/connect";
import { containerOf, podOf, requireHost, requireNodeProxy, type PodLike } from "../subresources/pod-target";
import { splitProxyName } from "../subresources/proxy-backend";
import { proxyUpgrade } from "../subresources/proxy-upgrade";
import { authenticate } from "./authenticate";
import { kubeletStream } from "./kubelet-stream";
import { attributesOfPath } from "./path-attributes";
import { parseRequest } from "./request-info";

const execProtocols = ["v5.channel.k8s.io", "v4.channel.k8s.io"];
const tunnel = "SPDY/3.1+portforward.k8s.io";
/** `ws` takes only tokens as subprotocols, and the tunnel's name is none: it travels through `ws` under this one. */
const tunnelAlias = "spdy-portforward";
const messageBytesMax = 32 << 20;

/** exec, attach and port-forward: WebSocket, or SPDY/3.1 for older clients; whatever a proxied or aggregated server upgrades to. */
export function createUpgradeHandler(
  api: Api,
): (request: IncomingMessage, socket: Socket, head: Buffer) => Promise<void> {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: messageBytesMax,
    handleProtocols: (offered) => {
      const wanted = [...execProtocols, tunnelAlias].find((one) => offered.has(one));
      return wanted ?? false;
    },
  });
  sockets.on("headers", (headers) => {
    const at = headers.findIndex((line) => line === `Sec-WebSocket-Protocol: ${tunnelAlias}`);
    if (at >= 0) headers[at] = `Sec-WebSocket-Protocol: ${tunnel}`;
  });

  return async (request, socket, head) => {
    socket.on("error", () => socket.destroy());
    const asked = parseRequest(request.url ?? "/");
    const remote = asked && api.aggregator.remoteAt(asked.path);
    if (remote) {
      const user = authenticate(api, request);
      checkAllowed(api.authorizer, attributesOfPath(request, asked, user));
      await Promise.resolve();
      return relayUpgradeToRemote(api.backends, remote, request, socket, head, user);
    }
    if (!asked?.isResource || asked.group !== "" || !isUpgradable(asked)) throw noSuchResource();
    const user = authenticate(api, request);
    const resource = api.registry.resource({ group: "", version: "v1", plural: asked.plural });
    const target: Target = {
      resource,
      namespace: asked.namespace,
      name: asked.name,
      subresource: asked.subresource,
    };
    authorize(api, user, request.method === "POST" ? "create" : "get", target);
    await admitConnect(api, target, asked, connectContext(user));
    if (asked.plural !== "nodes" && asked.subresource === "proxy")
      return proxyUpgrade(api, target, asked, request, socket, head);
    const stream =
      asked.plural === "nodes"
        ? kubeletStream(api.registry, splitProxyName(asked.name).name, asked.rest, asked.query)
        : asked;
    const { subresource, query } = stream;
    const pods = api.registry.resource({ group: "", version: "v1", plural: "pods" });
    const pod = podOf({ resource: pods, namespace: stream.namespace, name: stream.name, subresource });
    const proxy = requireNodeProxy(api);
    const isSpdy = /^SPDY\/3\.1$/i.test(request.headers.upgrade ?? "");
    if (!isSpdy && request.headers.upgrade?.toLowerCase() !== "websocket")
      throw badRequest("unable to upgrade: the connection offers neither websocket nor SPDY/3.1");
    const stop = new AbortController();
    socket.once("close", () => stop.abort());

    if (subresource === "portforward") {
      requireHost(pod);
      const dial = (port: number) => proxy.dialPod(pod, port, stop.signal);
      if (isSpdy) return void servePortForward(spdySession(socket, head, "portforward.k8s.io"), dial);
      rename(request);
      return accept(sockets, request, socket, head, (ws) => {
        const transport = createWebSocketStream(ws);
        servePortForward((onStream) => new SpdySession(transport, onStream), dial);
      });
    }

    const { streams, exec } = execRequest(pod, query, subresource === "exec");
    const start = () =>
      subresource === "exec" ? proxy.exec(exec, stop.signal) : proxy.attach(exec, stop.signal);
    if (isSpdy) {
      const offered =
        request.headersDistinct["x-stream-protocol-version"]?.flatMap((line) => line.split(/,\s*/)) ?? [];
      const protocol = ["v5.channel.k8s.io", "v4.channel.k8s.io"].find((one) => offered.includes(one));
      if (!protocol) throw badRequest("unable to upgrade: none of the offered stream protocols is supported");
      return void serveExecSpdy(spdySession(socket, head, protocol), streams, exec.tty, start);
    }
    accept(sockets, request, socket, head, (ws) => relayExec(ws, streams, start));
  };
}

const streaming = ["exec", "attach", "portforward", "proxy"];

const isUpgradable = ({ plural, subresource }: { plural: string; subresource: string }) =>
  plural === "pods"
    ? streaming.includes(subresource)
    : ["services", "nodes"].includes(plural) && subresource === "proxy";

function accept(
  sockets: WebSocketServer,
  request: IncomingMessage,
  socket: Socket,
  head: Buffer,
  use: (ws: WebSocket) => void,
): void {
  socket.setTimeout(0);
  socket.setNoDelay(true);
  sockets.handleUpgrade(request, socket, head, use);
}

function rename(request: IncomingMessage): void {
  const offered = request.headers["sec-websocket-protocol"]?.split(/,\s*/) ?? [];
  if (!offered.includes(tunnel))
    throw badRequest(`unable to upgrade: port-forward needs the subprotocol ${tunnel}`);
  request.headers["sec-websocket-protocol"] = tunnelAlias;
}

/** Answers 101 and gives what makes the session once somebody listens for its streams. */
function spdySession(socket: Socket, head: Buffer, protocol: string) {
  socket.setTimeout(0);
  socket.setNoDelay(true);
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: ${protocol}\r\n\r\n`,
  );
  if (head.length > 0) socket.unshift(head);
  return (onStream: ConstructorParameters<typeof SpdySession>[1]) => new SpdySession(socket, onStream);
}

function execRequest(
  pod: PodLike,
  query: URLSearchParams,
  isExec: boolean,
): { streams: ExecStreams; exec: ExecRequest } {
  const flag = (name: string) => /^(true|1)$/i.test(query.get(name) ?? "");
  const container = containerOf(pod, query.get("container"));
  const command = query.getAll("command");
  const tty = flag("tty");
  const streams = { stdin: flag("stdin"), stdout: flag("stdout"), stderr: flag("stderr") && !tty };
  if (!streams.stdin && !streams.stdout && !streams.stderr)
    throw badRequest('PodExecOptions "" is invalid: must specify at least one of stdin, stdout, stderr');
  if (isExec && command.length === 0)
    throw badRequest("you must specify at least 1 command for the container");
  requireHost(pod);
  const { phase } = pod.status ?? {};
  if (phase === "Succeeded" || phase === "Failed")
    throw badRequest(`cannot exec into a container in a completed pod; current phase is ${phase}`);
  return {
    streams,
    exec: { pod, container, tty, stdin: streams.stdin, ...(isExec ? { command } : {}) },
  };
}
