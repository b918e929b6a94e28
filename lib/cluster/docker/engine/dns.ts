import { decodeMessage } from "@/lib/cluster/addons/coredns/dns/decode";
import { encodeMessage } from "@/lib/cluster/addons/coredns/dns/encode";
import {
  recordTypes,
  rcodes,
  type DnsMessage,
  type ResourceRecord,
} from "@/lib/cluster/addons/coredns/dns/types";
import type { DnsResponder } from "@/lib/cluster/addons/coredns/link/serve-links";
import type { LinkedProcess } from "@/lib/cluster/addons/coredns/link/linked-process";
import type { DockerEngine } from "./engine";
import { readResolvConf } from "./etc-files";
import { isUserDefined, type ContainerState } from "./state";

const ttlSeconds = 600;
const upstreamTimeoutMs = 4000;

/** What dockerd answers at 127.0.0.11 in its containers (moby/moby daemon/libnetwork/resolver.go). */
export class DockerDns implements DnsResponder {
  constructor(
    private readonly process: LinkedProcess,
    private readonly engine: DockerEngine,
  ) {}

  async start(): Promise<void> {
    await this.engine.useDns({
      listen: (where) =>
        this.process.listen(
          where.map(({ netns, port }) => ({ kind: "dns", host: `${netns}@127.0.0.11`, port })),
        ),
    });
  }

  /** dockerd stops its containers before it ends. */
  async terminate(): Promise<void> {
    await this.engine.down();
    this.process.exit(0);
  }

  stop(): void {
    void this.engine.useDns(undefined);
  }

  async answer(bytes: Buffer, from: { protocol: "udp" | "tcp"; port: number }): Promise<Buffer | undefined> {
    const message = decodeMessage(bytes);
    if (!message || message.flags.response) return undefined;
    const asking = this.engine.containers.find(
      ({ status, dnsPort }) => status === "running" && dnsPort === from.port,
    );
    const own = asking && localAnswer(this.engine, asking, message);
    if (!own) return this.#forward(bytes, from.protocol);
    const bytesMax = from.protocol === "udp" ? (message.edns?.udpBytesMax ?? 512) : 65_535;
    return encodeMessage(own, bytesMax);
  }

  async #forward(bytes: Buffer, protocol: "udp" | "tcp"): Promise<Buffer | undefined> {
    const { servers } = readResolvConf(await this.process.readFile("/etc/resolv.conf").catch(() => ""));
    for (const server of servers.slice(0, 3)) {
      const reply = await this.process
        .exchange(protocol, `${server}:53`, bytes, upstreamTimeoutMs)
        .catch(() => undefined);
      if (reply) return reply;
    }
    return undefined;
  }
}

/** The reply for a name or an address of the networks that the container is in; undefined for all else. */
export function localAnswer(
  engine: Pick<DockerEngine, "containers" | "networks">,
  asking: ContainerState,
  message: DnsMessage,
): DnsMessage | undefined {
  const { question } = message;
  const networks = engine.networks.filter(
    (network) => isUserDefined(network) && asking.endpoints[network.name] !== undefined,
  );
  const records: ResourceRecord[] = [];
  const record = (data: ResourceRecord["data"]) =>
    records.push({ name: question.name, ttl: ttlSeconds, data });
  const wanted = question.name.replace(/\.$/, "").toLowerCase();
  const reverse = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\.in-addr\.arpa$/.exec(wanted);
  let isKnown = false;
  for (const { name: network } of networks)
    for (const container of engine.containers) {
      const endpoint = container.endpoints[network];
      if (!endpoint || endpoint.ip === "") continue;
      if (reverse) {
        if (question.type !== recordTypes.PTR || reverse.slice(1).reverse().join(".") !== endpoint.ip)
          continue;
        isKnown = true;
        record({ type: "PTR", target: `${container.name}.${network}.` });
        continue;
      }
      const names = [container.name, container.id.slice(0, 12), ...endpoint.aliases].map((one) =>
        one.toLowerCase(),
      );
      if (!names.some((one) => wanted === one || wanted === `${one}.${network.toLowerCase()}`)) continue;
      isKnown = true;
      if (question.type === recordTypes.A) record({ type: "A", address: endpoint.ip });
    }
  if (!isKnown) return undefined;
  return {
    id: message.id,
    flags: {
      ...message.flags,
      response: true,
      authoritative: false,
      truncated: false,
      recursionAvailable: true,
      authenticData: false,
      rcode: rcodes.NOERROR,
    },
    question,
    answers: records,
    authority: [],
    additional: [],
  };
}
