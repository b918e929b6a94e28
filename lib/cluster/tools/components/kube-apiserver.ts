import { X509Certificate } from "node:crypto";
import type { AddonContext } from "@/lib/cluster/addons/addon";
import type { AgentProgram, AgentSession } from "@/lib/cluster/addons/agents/agent-session";
import { klogLine } from "@/lib/cluster/addons/agents/klog";

const etcdPatienceMs = 20_000;
const retryMs = 1000;

/**
 * What kube-apiserver makes of its flags before it serves (kubernetes 1.34 cmd/kube-apiserver/app): the range of Services, the
 * certificates for etcd, and those that it shows and asks for.
 */
export const kubeApiserver: AgentProgram = async (session, context) => {
  if (!session.hello.isResumed) {
    checkServiceRange(session);
    await reachEtcd(session);
  }
  await serveWithFiles(session, context);
  if (!session.hello.isResumed) session.begin();
  await session.ended();
};

function checkServiceRange(session: AgentSession): void {
  const [first = ""] = (session.flag("service-cluster-ip-range") ?? "10.0.0.0/24").split(",");
  const [, ...numbers] = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(first) ?? [];
  const isCidr =
    numbers.length === 5 && numbers.every((one, index) => Number(one) <= (index === 4 ? 32 : 255));
  if (!isCidr) commandFailed(session, "service-cluster-ip-range[0] is not a valid cidr");
}

/** Until etcd's certificate and ours are good for each other: then the process itself connects. */
async function reachEtcd(session: AgentSession): Promise<void> {
  const untilMs = session.clock.now() + etcdPatienceMs;
  const server = (session.flag("etcd-servers") ?? "").split(",")[0]!.replace(/^https?:\/\//, "");
  for (;;) {
    const problem = await etcdProblem(session);
    if (problem === undefined) return;
    const text = `[core] [Channel #1 SubChannel #2]grpc: addrConn.createTransport failed to connect to {Addr: "${server}", ServerName: "${server}", }. Err: connection error: desc = "${problem}"`;
    session.print(klogLine("W", "logging.go:55", text, session.clock.now()));
    if (session.clock.now() > untilMs) commandFailed(session, "context deadline exceeded");
    await session.clock.sleep(retryMs, session.signal);
  }
}

async function etcdProblem(session: AgentSession): Promise<string | undefined> {
  const read = (flag: string) => certificateAt(session, session.flag(flag) ?? "");
  const own = "/etc/kubernetes/pki/etcd";
  const [authority, client, served, trusted] = await Promise.all([
    read("etcd-cafile"),
    read("etcd-certfile"),
    certificateAt(session, `${own}/server.crt`),
    certificateAt(session, `${own}/ca.crt`),
  ]);
  // Without TLS, or with an etcd elsewhere, there is nothing to compare.
  if (!authority || !client || !served || !trusted) return undefined;
  const now = session.clock.now();
  const handshake = "transport: authentication handshake failed:";
  if (Date.parse(served.validTo) < now)
    return `${handshake} tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time ${stamp(now)} is after ${stamp(Date.parse(served.validTo))}`;
  if (!served.verify(authority.publicKey))
    return `${handshake} tls: failed to verify certificate: x509: certificate signed by unknown authority`;
  if (!client.verify(trusted.publicKey) || Date.parse(client.validTo) < now)
    return `error reading server preface: remote error: tls: ${client.verify(trusted.publicKey) ? "expired certificate" : "unknown certificate authority"}`;
  return undefined;
}

async function certificateAt(session: AgentSession, path: string): Promise<X509Certificate | undefined> {
  try {
    return new X509Certificate(await session.readFile(path));
  } catch {
    return undefined;
  }
}

/** From now on clients are shown the files' certificate, and asked for one of the files' authority. */
async function serveWithFiles(session: AgentSession, { apiServer }: AddonContext): Promise<void> {
  const paths = ["tls-cert-file", "tls-private-key-file", "client-ca-file"].map((name) => session.flag(name));
  if (paths.includes(undefined)) return;
  try {
    const [certificatePem = "", privateKeyPem = "", clientCaPem = ""] = await Promise.all(
      paths.map((path) => session.readFile(path!)),
    );
    apiServer.serveWith({ certificatePem, privateKeyPem }, clientCaPem);
  } catch (failure) {
    if (session.hello.isResumed) return;
    commandFailed(session, (failure as Error).message);
  }
}

function stamp(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
}

function commandFailed(session: AgentSession, why: string): never {
  return session.fail(
    1,
    klogLine("E", "run.go:72", `"command failed" err=${JSON.stringify(why)}`, session.clock.now()),
  );
}
