import { systemClock, type Clock } from "@/lib/core/clock";
import { createLogger } from "@/lib/core/logger";
import type { EndpointSlice, Service } from "@/lib/cluster/resources/types";
import { CorednsProcess, type PodProcess } from "./coredns-process";
import { decodeMessage } from "./dns/decode";
import { encodeMessage } from "./dns/encode";
import { rcodeName, recordTypes, type DnsMessage, type RecordType } from "./dns/types";
import { tokenPath, type KubernetesView } from "./kubernetes/view";
import type { HttpKind } from "./plugin";
import type { Listener } from "./running-instance";

/** A coredns without a pod: its files, network and log are in memory. */
export class FakePod implements PodProcess {
  readonly args: string[];
  readonly env: Record<string, string>;
  readonly cwd = "/";
  readonly isResumed = false;
  readonly files = new Map<string, string>([[tokenPath, "token"]]);
  readonly http = new Map<HttpKind, { code: number; body: string }>();
  /** Answers of other servers by address; without one the network is unreachable. */
  readonly upstreams = new Map<string, (query: DnsMessage) => Partial<DnsMessage>>();
  readonly asked: string[] = [];
  listeners: Listener[] = [];
  output = "";
  exitCode: number | undefined;

  constructor(
    corefile?: string,
    args = ["-conf", "/etc/coredns/Corefile"],
    env: Record<string, string> = {},
  ) {
    this.args = ["/coredns", ...args];
    this.env = { KUBERNETES_SERVICE_HOST: "10.96.0.1", KUBERNETES_SERVICE_PORT: "443", ...env };
    if (corefile !== undefined) this.files.set("/etc/coredns/Corefile", corefile);
  }

  readFile(path: string): Promise<string> {
    const text = this.files.get(path);
    return text === undefined
      ? Promise.reject(new Error(`open ${path}: no such file or directory`))
      : Promise.resolve(text);
  }

  glob(pattern: string): Promise<string[]> {
    const expression = new RegExp(`^${pattern.replaceAll(".", "\\.").replaceAll("*", "[^/]*")}$`);
    return Promise.resolve([...this.files.keys()].filter((path) => expression.test(path)).sort());
  }

  exchange(network: "udp" | "tcp", address: string, bytes: Buffer): Promise<Buffer> {
    const upstream = this.upstreams.get(address);
    this.asked.push(`${network} ${address}`);
    if (!upstream)
      return Promise.reject(new Error(`dial ${network} ${address}: connect: network is unreachable`));
    const query = decodeMessage(bytes)!;
    const reply = { ...query, flags: { ...query.flags, response: true, recursionAvailable: true } };
    const changed = upstream(query);
    return Promise.resolve(
      encodeMessage({ ...reply, ...changed, flags: { ...reply.flags, ...changed.flags } }),
    );
  }

  probe(): Promise<void> {
    return Promise.resolve();
  }

  listen(listeners: Listener[]): Promise<void> {
    this.listeners = listeners;
    return Promise.resolve();
  }

  setHttp(kind: HttpKind, code: number, body: string): void {
    this.http.set(kind, { code, body });
  }

  log(line: string): void {
    this.output += `${line}\n`;
  }

  write(_descriptor: 1 | 2, text: string): void {
    this.output += text;
  }

  fail(line: string): void {
    this.log(line);
    this.exit(1);
  }

  exit(code: number): void {
    this.exitCode ??= code;
  }
}

/** A shop: a Service with an address, a headless one with two ready endpoints, an alias. */
export function fakeView(changes: Partial<KubernetesView> = {}): KubernetesView {
  const service = (name: string, spec: Service["spec"], namespace = "shop"): Service => ({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace },
    spec,
  });
  const services = [
    service("web", { clusterIP: "10.96.0.20", ports: [{ name: "http", port: 80, protocol: "TCP" }] }),
    service("db", { clusterIP: "None", ports: [{ name: "sql", port: 5432, protocol: "TCP" }] }),
    service("empty", { clusterIP: "None" }),
    service("out", { type: "ExternalName", externalName: "example.com" }),
    service("inner", { type: "ExternalName", externalName: "web.shop.svc.cluster.local" }),
    service("kube-dns", { clusterIP: "10.96.0.10", ports: [{ name: "dns", port: 53 }] }, "kube-system"),
  ];
  const slice = (name: string, endpoints: EndpointSlice["endpoints"]): EndpointSlice => ({
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name: `${name}-1`, namespace: "shop", labels: { "kubernetes.io/service-name": name } },
    addressType: "IPv4",
    endpoints,
    ports: [{ name: "sql", port: 5432, protocol: "TCP" }],
  });
  const slices = [
    slice("db", [
      { addresses: ["10.244.1.2"], hostname: "db-0", conditions: { ready: true } },
      {
        addresses: ["10.244.1.3"],
        conditions: { ready: true },
        targetRef: { kind: "Pod", name: "db-x", namespace: "shop" },
      },
      { addresses: ["10.244.1.4"], conditions: { ready: false } },
    ]),
    slice("web", [{ addresses: ["10.244.1.9"], conditions: { ready: true } }]),
  ];
  return {
    service: (namespace, name) =>
      services.find(({ metadata }) => metadata.name === name && metadata.namespace === namespace),
    services: () => services,
    slicesOf: (_namespace, name) =>
      slices.filter(({ metadata }) => metadata.labels?.["kubernetes.io/service-name"] === name),
    slices: () => slices,
    hasNamespace: (name) => name === "shop" || name === "kube-system",
    hasPodIp: (_namespace, ip) => ip === "10.244.1.9",
    modifiedAtMs: () => 1_700_000_000_000,
    userOf: () => Promise.resolve({ name: "system:serviceaccount:kube-system:coredns", groups: [] }),
    mayList: () => Promise.resolve(true),
    ...changes,
  };
}

/** Starts a coredns with a Corefile; resolves when it serves or has ended. */
export async function startCoredns(
  pod: FakePod,
  { view = fakeView(), clock = systemClock }: { view?: KubernetesView; clock?: Clock } = {},
): Promise<CorednsProcess> {
  const coredns = new CorednsProcess(pod, { clock, kubernetes: view, logger: createLogger("test") });
  await coredns.start();
  return coredns;
}

export function query(name: string, type: RecordType = "A", edns?: DnsMessage["edns"]): DnsMessage {
  return {
    id: 0xabcd,
    flags: {
      ...{ response: false, opcode: 0, authoritative: false, truncated: false, recursionDesired: true },
      ...{ recursionAvailable: false, authenticData: false, checkingDisabled: false, rcode: 0 },
    },
    question: { name, type: recordTypes[type], class: 1 },
    ...{ answers: [], authority: [], additional: [] },
    ...(edns ? { edns } : {}),
  };
}

export async function ask(
  coredns: CorednsProcess,
  message: DnsMessage,
  options: { protocol?: "udp" | "tcp"; port?: number } = {},
): Promise<DnsMessage> {
  const { protocol = "udp", port = 53 } = options;
  const client = { ip: "10.244.0.7", port: 40_312 };
  const bytes = await coredns.answer(encodeMessage(message), { protocol, client, port });
  return decodeMessage(bytes!)!;
}

/** One line that says what came back: "NOERROR web.shop.svc.cluster.local. A 10.96.0.20". */
export function told(message: DnsMessage): string {
  const records = message.answers.map(({ name, data }) => {
    const value =
      "address" in data
        ? data.address
        : "target" in data
          ? `${data.type === "SRV" ? `${data.port} ` : ""}${data.target}`
          : data.type === "TXT"
            ? data.texts.join(" ")
            : "";
    return `${name} ${data.type} ${value}`.trim();
  });
  return [rcodeName(message.flags.rcode), ...records.sort()].join(" ");
}
