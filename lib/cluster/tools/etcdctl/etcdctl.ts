import { X509Certificate } from "node:crypto";
import { refs } from "@/lib/cluster/client/refs";
import type { AddonContext } from "@/lib/cluster/addons/addon";
import type { AgentSession } from "@/lib/cluster/addons/agents/agent-session";
import { logLine } from "../components/etcd";
import { parseOptions, UnknownFlag, type ParsedOptions } from "../options";
import { boxTable } from "../table";
import { restoreFlags } from "./etcdutl";
import { restoreSnapshot, saveSnapshot, showSnapshot } from "./snapshot";

const memberId = "8e9e05c52164694d";
const clusterId = "cdf818194e3a8c32";
const version = "3.6.5";
/** How long a client tries to reach an endpoint. */
const dialTimeoutMs = 5000;

const globals = {
  endpoints: "value",
  cacert: "value",
  cert: "value",
  key: "value",
  "write-out,w": "value",
  "command-timeout": "value",
  "dial-timeout": "value",
  cluster: "switch",
  "insecure-skip-tls-verify": "switch",
  "insecure-transport": "value",
  debug: "switch",
  hex: "switch",
  ...restoreFlags,
} as const;

const method: Record<string, string> = {
  "endpoint health": "/etcdserverpb.KV/Range",
  "endpoint status": "/etcdserverpb.Maintenance/Status",
  "member list": "/etcdserverpb.Cluster/MemberList",
  "snapshot save": "/etcdserverpb.Maintenance/Snapshot",
};

interface Member {
  name: string;
  peerUrl: string;
  clientUrl: string;
}

/** What etcdctl has besides (etcdctl/ctlv3/ctl.go). */
const unsupported =
  "alarm auth check compaction completion defrag del downgrade elect get hashkv lease lock make-mirror move-leader put role txn " +
  "user watch";

/** etcdctl of 3.6 as far as it looks at the cluster and saves it (etcdctl/ctlv3/command). */
export async function etcdctl(session: AgentSession, context: AddonContext): Promise<number> {
  let options: ParsedOptions;
  try {
    options = parseOptions(session.hello.argv.slice(1), globals);
  } catch (failure) {
    if (!(failure instanceof UnknownFlag)) throw failure;
    const other = session.hello.argv.slice(1).find((word) => unsupported.split(" ").includes(word));
    if (other) return (session.print(`etcdctl ${other} is not supported in this lab.`), 1);
    return (session.print(`Error: unknown flag: --${failure.flag}`), 128);
  }
  const command = options.words.slice(0, 2).join(" ");
  if (command.startsWith("version")) {
    session.printOut(`etcdctl version: ${version}\nAPI version: 3.6`);
    return 0;
  }
  const [, , path] = options.words;
  if (command.startsWith("snapshot ") && path === undefined) {
    session.print(`Error: ${command} expects one argument`);
    return 128;
  }
  if (command === "snapshot status" || command === "snapshot restore") {
    // Gone from 3.6, but what everybody learned; it needs no endpoint.
    session.print(`Deprecated: Use \`etcdutl ${command}\` instead.\n`);
    if (command === "snapshot restore") await restoreSnapshot(session, context, path!, options);
    else await showSnapshot(session, context, path!, valueOf(session, options, "write-out", "simple"));
    return 0;
  }
  if (!["endpoint health", "endpoint status", "member list", "snapshot save"].includes(command)) {
    session.print(`etcdctl${command && ` ${command}`} is not supported in this lab.`);
    return 1;
  }
  const endpoints = valueOf(session, options, "endpoints", "127.0.0.1:2379").split(",");
  for (const endpoint of endpoints) {
    const problem = await problemOf(session, context, options, endpoint);
    if (problem !== undefined) {
      await session.clock.sleep(dialTimeoutMs, session.signal);
      session.print(
        logLine(session, "warn", "v3@v3.6.5/retry_interceptor.go:65", "retrying of unary invoker failed", {
          target: `etcd-endpoints://0xc0003c6000/${endpoint.replace(/^https?:\/\//, "")}`,
          ...{ method: method[command], attempt: 0 },
          error: `rpc error: code = DeadlineExceeded desc = latest balancer error: last connection error: connection error: desc = "${problem}"`,
        }),
      );
      if (command === "endpoint health") {
        session.print(
          `${endpoint} is unhealthy: failed to commit proposal: context deadline exceeded`,
          "Error: unhealthy cluster",
        );
        return 1;
      }
      session.print("Error: context deadline exceeded");
      return 1;
    }
  }
  if (command === "snapshot save") {
    await saveSnapshot(session, context, path!, endpoints[0]!);
    return 0;
  }
  const { ip, name } = context.cluster.controlPlane;
  const member = { name, peerUrl: `https://${ip}:2380`, clientUrl: `https://${ip}:2379` };
  const urls = options.has("cluster") ? [member.clientUrl] : endpoints;
  const { metadata } = await context.client.list(refs.namespaces);
  const shown = { health, status, list }[command.split(" ")[1] as "health" | "status" | "list"](
    urls,
    member,
    Number(metadata.resourceVersion),
  );
  const form = options.value("write-out") ?? "simple";
  if (form === "json") session.printOut(JSON.stringify(shown.json));
  else if (form === "table") session.printOut(boxTable([shown.head, ...shown.rows]));
  else session.printOut(shown.simple.join("\n"));
  return 0;
}

interface Shown {
  head: string[];
  rows: string[][];
  simple: string[];
  json: unknown;
}

function health(urls: string[]): Shown {
  const took = () => `${(6 + Math.random() * 6).toFixed(6)}ms`;
  const all = urls.map((endpoint) => ({ endpoint, health: true, took: took() }));
  return {
    head: ["ENDPOINT", "HEALTH", "TOOK", "ERROR"],
    rows: all.map(({ endpoint, took: ms }) => [endpoint, "true", ms, ""]),
    simple: all.map(
      ({ endpoint, took: ms }) => `${endpoint} is healthy: successfully committed proposal: took = ${ms}`,
    ),
    json: all,
  };
}

function status(urls: string[], _: Member, revision: number): Shown {
  const rows = urls.map((endpoint) => [
    ...[endpoint, memberId, version, "3.6.0", "5.6 MB", "2.9 MB", "49%", "0 B"],
    ...["true", "false", "2", String(revision), String(revision), "", "", "false"],
  ]);
  return {
    head: [
      ...[
        "ENDPOINT",
        "ID",
        "VERSION",
        "STORAGE VERSION",
        "DB SIZE",
        "IN USE",
        "PERCENTAGE NOT IN USE",
        "QUOTA",
      ],
      ...["IS LEADER", "IS LEARNER", "RAFT TERM", "RAFT INDEX", "RAFT APPLIED INDEX", "ERRORS"],
      ...["DOWNGRADE TARGET VERSION", "DOWNGRADE ENABLED"],
    ],
    rows,
    simple: rows.map((row) => row.join(", ")),
    json: urls.map((endpoint) => ({
      Endpoint: endpoint,
      Status: {
        header: { cluster_id: clusterId, member_id: memberId, revision, raft_term: 2 },
        version,
        leader: memberId,
        raftIndex: revision,
        raftTerm: 2,
        raftAppliedIndex: revision,
      },
    })),
  };
}

function list(_: string[], { name, peerUrl, clientUrl }: Member): Shown {
  const row = [memberId, "started", name, peerUrl, clientUrl, "false"];
  return {
    head: ["ID", "STATUS", "NAME", "PEER ADDRS", "CLIENT ADDRS", "IS LEARNER"],
    rows: [row],
    simple: [row.join(", ")],
    json: {
      header: { cluster_id: clusterId, member_id: memberId, raft_term: 2 },
      members: [{ ID: memberId, name, peerURLs: [peerUrl], clientURLs: [clientUrl] }],
    },
  };
}

function valueOf(session: AgentSession, options: ParsedOptions, name: string, fallback = ""): string {
  return options.value(name) ?? session.env[`ETCDCTL_${name.toUpperCase()}`] ?? fallback;
}

/** Why etcd is not reached there, in the words of grpc; undefined when it runs and takes the certificate for its authority's. */
async function problemOf(
  session: AgentSession,
  { cluster, nodes }: AddonContext,
  options: ParsedOptions,
  endpoint: string,
): Promise<string | undefined> {
  const { controlPlane } = cluster;
  const isLocal = session.node.name === controlPlane.name;
  const [, scheme, host = "", port] = /^(?:(\w+):\/\/)?([^:/]+):(\d+)$/.exec(endpoint) ?? [];
  const hosts = [controlPlane.ip, controlPlane.name, ...(isLocal ? ["127.0.0.1", "localhost"] : [])];
  const certificates = ["cacert", "cert", "key"].map((name) => valueOf(session, options, name));
  const [ca, cert, key] = await Promise.all(
    certificates.map(async (path) => {
      if (!path) return undefined;
      return session.readFile(path).catch((failure: Error) => session.fail(1, `Error: ${failure.message}`));
    }),
  );
  const at = `${isLocal && host === "localhost" ? "127.0.0.1" : host}:${port}`;
  const { containers } = await nodes.get(controlPlane.name)!.cri.list();
  const isUp = containers.some(({ name, state }) => name === "etcd" && state === "running");
  if (!hosts.includes(host) || port !== "2379" || !isUp)
    return `transport: Error while dialing: dial tcp ${at}: connect: connection refused`;
  // Without a scheme, certificates make it a secure one.
  const isSecure = scheme === undefined ? certificates.some(Boolean) : scheme === "https";
  if (!isSecure) return `error reading server preface: read tcp ${at}: read: connection reset by peer`;
  const own = await nodes.get(controlPlane.name)!.exec(["cat", "/etc/kubernetes/pki/etcd/ca.crt"]);
  const authority = certificateOf(own.stdout);
  const isTrusted =
    options.has("insecure-skip-tls-verify") ||
    (authority && certificateOf(ca)?.fingerprint256 === authority.fingerprint256);
  if (!isTrusted)
    return "transport: authentication handshake failed: tls: failed to verify certificate: x509: certificate signed by unknown authority";
  const client = certificateOf(cert);
  if (!client || !key) return "error reading server preface: remote error: tls: certificate required";
  if (!authority || !client.verify(authority.publicKey))
    return "error reading server preface: remote error: tls: unknown certificate authority";
  if (Date.parse(client.validTo) < session.clock.now())
    return "error reading server preface: remote error: tls: expired certificate";
  return undefined;
}

function certificateOf(pem: string | undefined): X509Certificate | undefined {
  try {
    return new X509Certificate(pem ?? "");
  } catch {
    return undefined;
  }
}
