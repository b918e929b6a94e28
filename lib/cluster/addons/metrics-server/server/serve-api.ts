import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { TLSSocket } from "node:tls";
import { ApiStatusError, unauthorized } from "@/lib/cluster/client/status";
import type { ClusterClient } from "@/lib/cluster/client/client";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import { listenForNodes } from "@/lib/core/listen-on-socket";
import type { KeyPair } from "@/lib/core/x509/certificate";
import type { Storage } from "../model/storage";
import { askedOf, discovery, metricsOf, type Asked, type Listed } from "./metrics-api";

export interface ApiParts {
  keys: KeyPair;
  /** PEM of whom the API server's front proxy is known by. */
  frontProxyCa: string;
  /** Asks the API server what others may do, with the pod's own rights. */
  client: ClusterClient;
  storage: Storage;
  listed: Listed;
  /** Why it is not well, by the name of what failed. */
  problems(path: string): string[];
}

interface User {
  name: string;
  groups: string[];
}

const healthPaths = new Set(["/livez", "/readyz", "/healthz"]);

/** The aggregated API behind the relay of its pod: HTTPS on a unix socket. */
export async function serveApi(path: string, parts: ApiParts): Promise<{ stop(): Promise<void> }> {
  const { certificatePem, privateKeyPem } = parts.keys;
  const server = createServer(
    {
      ...{ cert: certificatePem, key: privateKeyPem, ca: parts.frontProxyCa },
      ...{ requestCert: true, rejectUnauthorized: false, ALPNProtocols: ["http/1.1"] },
    },
    (request, response) => {
      answer(request, response, parts).catch((failure: unknown) => {
        const error = ApiStatusError.from(failure);
        send(response, error.code, error.status);
      });
    },
  );
  server.on("tlsClientError", () => undefined); // port checks
  server.requestTimeout = 10_000;
  return { stop: await listenForNodes(server, path, 64) };
}

async function answer(request: IncomingMessage, response: ServerResponse, parts: ApiParts): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? "/", "https://localhost");
  if (healthPaths.has(pathname)) {
    const problems = parts.problems(pathname);
    const text = problems.map((name) => `[-]${name} failed: reason withheld\n`).join("");
    response.writeHead(problems.length > 0 ? 500 : 200, { "Content-Type": "text/plain; charset=utf-8" });
    return void response.end(problems.length > 0 ? `${text}${pathname.slice(1)} check failed\n` : "ok");
  }
  const user = await authenticate(request, parts);
  const asked = askedOf(pathname);
  await authorize(parts.client, user, asked, pathname);
  const found = asked ? metricsOf(asked, searchParams, parts.storage, parts.listed) : discovery(pathname);
  if (found) return send(response, 200, found);
  response.writeHead(404, { "Content-Type": "text/plain; charset=utf-8" }).end("404 page not found\n");
}

/** Who asks: as the front proxy says, or by a token. Others are not heard. */
async function authenticate(request: IncomingMessage, { client }: ApiParts): Promise<User> {
  const socket = request.socket as TLSSocket;
  const header = (name: string) => [request.headers[name] ?? []].flat();
  const [proxied] = header("x-remote-user");
  if (socket.authorized && proxied)
    return { name: proxied, groups: header("x-remote-group").flatMap((text) => text.split(/, */)) };
  const [, token] = /^Bearer (.+)$/.exec(request.headers.authorization ?? "") ?? [];
  if (!token) throw unauthorized();
  const review = await client.create<KubeObject>(
    { group: "authentication.k8s.io", version: "v1", plural: "tokenreviews" },
    { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", metadata: { name: "" }, spec: { token } },
  );
  const { authenticated, user } = (review.status ?? {}) as {
    authenticated?: boolean;
    user?: { username: string; groups?: string[] };
  };
  if (!authenticated || !user) throw unauthorized();
  return { name: user.username, groups: user.groups ?? [] };
}

async function authorize(
  client: ClusterClient,
  { name: user, groups }: User,
  asked: Asked | undefined,
  path: string,
): Promise<void> {
  const verb = asked && asked.name === undefined ? "list" : "get";
  const review = await client.create<KubeObject>(
    { group: "authorization.k8s.io", version: "v1", plural: "subjectaccessreviews" },
    {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SubjectAccessReview",
      metadata: { name: "" },
      spec: {
        ...{ user, groups },
        ...(asked
          ? { resourceAttributes: { verb, group: "metrics.k8s.io", version: "v1beta1", ...asked } }
          : { nonResourceAttributes: { verb, path } }),
      },
    },
  );
  if ((review.status as { allowed?: boolean } | undefined)?.allowed) return;
  const what = asked
    ? `${asked.resource}.metrics.k8s.io is forbidden: User "${user}" cannot ${verb} resource "${asked.resource}" in API group "metrics.k8s.io"`
    : `forbidden: User "${user}" cannot ${verb} path "${path}"`;
  throw new ApiStatusError(403, "Forbidden", what);
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
}
