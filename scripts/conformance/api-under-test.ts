import { Agent, request } from "node:https";
import { createAuthority, issue } from "@/lib/core/x509/certificate";
import { pino } from "pino";
import { createCluster } from "@/lib/cluster/api/create-cluster";
import type { ClusterClient } from "@/lib/cluster/client/client";
import { testFacts } from "@/lib/cluster/api/testing";
import { Scope } from "@/lib/core/scope";

export interface Answer {
  status: number;
  type: string;
  body: string;
}

/** The API as a client sees it: over TLS, as a member of system:masters. */
export interface ApiUnderTest {
  admin: ClusterClient;
  send(
    method: string,
    path: string,
    options?: { body?: string | Buffer; type?: string; accept?: string },
  ): Promise<Answer>;
  getJson<T>(path: string, accept?: string): Promise<T>;
  close(): Promise<void>;
}

const nowMs = Date.now();
const ca = createAuthority("kubernetes", nowMs);
const serving = issue(ca, {
  commonName: "kube-apiserver",
  usages: ["serverAuth"],
  ips: ["127.0.0.1"],
  nowMs,
});
const client = issue(ca, {
  commonName: "kubernetes-admin",
  organizations: ["system:masters"],
  usages: ["clientAuth"],
  nowMs,
});

/** A new, empty cluster in memory. */
export async function startApi(): Promise<ApiUnderTest> {
  const scope = new Scope();
  const logger = pino({ level: "silent" });
  const cluster = scope.use(
    await createCluster({ journalPath: ":memory:", facts: testFacts, ca, logger }),
    (one) => one.close(),
  );
  const { url } = await cluster.server.listen({ host: "127.0.0.1", port: 0 }, serving);
  const agent = scope.use(
    new Agent({
      keepAlive: true,
      ca: ca.certificatePem,
      cert: client.certificatePem,
      key: client.privateKeyPem,
    }),
    (one) => one.destroy(),
  );
  const send: ApiUnderTest["send"] = (method, path, { body, type, accept } = {}) =>
    new Promise((resolve, reject) => {
      const headers = {
        accept: accept ?? "application/json",
        ...(body === undefined ? {} : { "content-type": type ?? "application/json" }),
      };
      const outgoing = request(url + path, { method, agent, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            type: response.headers["content-type"] ?? "",
            body: Buffer.concat(chunks).toString("utf8"),
          }),
        );
      });
      outgoing.on("error", reject);
      outgoing.end(body);
    });
  return {
    admin: cluster.client({ name: "admin", groups: ["system:masters", "system:authenticated"] }),
    send,
    async getJson<T>(path: string, accept?: string) {
      const answer = await send("GET", path, { accept });
      if (answer.status !== 200) throw new Error(`GET ${path}: ${answer.status} ${answer.body}`);
      return JSON.parse(answer.body) as T;
    },
    close: () => scope.close(),
  };
}
