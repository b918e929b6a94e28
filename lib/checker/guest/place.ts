import {
  call,
  type DnsQuery,
  type DnsValue,
  type ExecValue,
  type FileValue,
  type HttpRequest,
  type HttpValue,
  type PlaceRef,
} from "./bridge";
import {
  certificateCommand,
  parseCertificate,
  type Certificate,
  type CertificateSource,
} from "./certificate";
import {
  dockerCommand,
  parseDockerContainer,
  parseDockerNetwork,
  type DockerContainer,
  type DockerNetwork,
} from "./docker";
import type { Ledger } from "./evidence";
import { helmListCommand, helmValuesCommand, parseHelmList, type HelmRelease } from "./helm";
import { parseIptables, type IptablesRule } from "./iptables";
import { parseSockets, type Link, type Route, type Socket } from "./network";
import { parseProcesses, processCommand, type Process } from "./processes";
import { parseTraffic, trafficMark, type TrafficAnswer } from "./traffic";

export interface ExecOptions {
  stdin?: string;
  /** Default 10 s; a command that takes longer is killed and has `timedOut`. */
  timeoutMs?: number;
}

export interface TrafficOptions {
  requests: number;
  headers?: Record<string, string>;
  /** Of each request. */
  timeoutMs?: number;
}

/** Where a check can look around: a node or a container. */
export class Place {
  protected readonly ledger: Ledger;
  readonly #ref: PlaceRef;
  readonly #prompt: string;

  constructor(ledger: Ledger, ref: PlaceRef, prompt: string) {
    this.ledger = ledger;
    this.#ref = ref;
    this.#prompt = prompt;
  }

  /** Runs a command as root. A failing command is a result, not an error. */
  exec(argv: string[], options: ExecOptions = {}): Promise<ExecValue> {
    this.ledger.lastSource = `${this.#prompt} ${argv.join(" ")}`;
    return call("exec", { place: this.#ref, argv, ...options });
  }

  /** Runs a script with sh. Put no data of students into it: pass them by `stdin`. */
  sh(script: string, options: ExecOptions = {}): Promise<ExecValue> {
    const running = this.exec(["sh", "-c", script], options);
    this.ledger.lastSource = `${this.#prompt} ${script}`;
    return running;
  }

  /** Standard output of a command that must succeed. */
  async output(argv: string[], options: ExecOptions = {}): Promise<string> {
    const { exitCode, stdout, stderr } = await this.exec(argv, options);
    if (exitCode !== 0)
      throw new Error(`${argv.join(" ")} exited with ${exitCode}: ${stderr.trim() || stdout.trim()}`);
    return stdout;
  }

  /** What a command prints as JSON: `json<Link[]>(["ip", "-j", "address"])`. */
  async json<T>(argv: string[], options: ExecOptions = {}): Promise<T> {
    return JSON.parse((await this.output(argv, options)) || "[]") as T;
  }

  /** An HTTP request made from here. No answer is a result with status 0. */
  http(url: string, options: Omit<HttpRequest, "url"> = {}): Promise<HttpValue> {
    this.ledger.lastSource = `${this.#prompt} curl ${url}`;
    return call("http", { place: this.#ref, request: { url, ...options } });
  }

  /** A DNS query made from here. No answer is a result with status "TIMEOUT". */
  dns(name: string, options: Omit<DnsQuery, "name"> = {}): Promise<DnsValue> {
    this.ledger.lastSource = `${this.#prompt} dig ${name} ${options.type ?? "A"}`;
    return call("dns", { place: this.#ref, query: { name, ...options } });
  }

  /** Interfaces with their addresses (`ip address`). */
  async links(): Promise<Link[]> {
    const links = await this.json<Link[]>(["ip", "-j", "-d", "address"]);
    this.sourceIs("ip address");
    return links;
  }

  /** The main routing table (`ip route`). */
  async routes(): Promise<Route[]> {
    const routes = await this.json<Route[]>(["ip", "-j", "route"]);
    this.sourceIs("ip route");
    return routes;
  }

  /** TCP sockets with the programs that hold them (`ss -tanp`). */
  async sockets(): Promise<Socket[]> {
    const sockets = parseSockets(await this.output(["ss", "-Htanp"]));
    this.sourceIs("ss -tanp");
    return sockets;
  }

  /** The command that a person would use for what was just looked at. */
  protected sourceIs(command: string): void {
    this.ledger.lastSource = `${this.#prompt} ${command}`;
  }
}

export class NodePlace extends Place {
  readonly name: string;

  constructor(ledger: Ledger, name: string) {
    super(ledger, { node: name }, `${name}#`);
    this.name = name;
  }

  /**
   * The same request so many times, each over a connection of its own, as by so many visitors: how answers are shared out. No answer has the
   * status 0. At most 100 requests.
   */
  async traffic(
    url: string,
    { requests, headers = {}, timeoutMs = 2000 }: TrafficOptions,
  ): Promise<TrafficAnswer[]> {
    const count = Math.min(100, requests);
    const { stdout } = await this.exec(
      [
        ...[
          "curl",
          "-s",
          "--max-time",
          String(timeoutMs / 1000),
          "-w",
          trafficMark,
          "-H",
          "Connection: close",
        ],
        ...Object.entries(headers).flatMap(([name, value]) => ["-H", `${name}: ${value}`]),
        ...Array.from({ length: count }, () => url),
      ],
      { timeoutMs: 20_000 },
    );
    const flags = Object.entries(headers).map(([name, value]) => `-H '${name}: ${value}' `);
    this.ledger.lastSource = `${this.name}# for i in $(seq ${count}); do curl -s ${flags.join("")}${url}; done`;
    return parseTraffic(stdout);
  }

  /** What runs on the node, its pods included (`ps aux`). */
  async processes(): Promise<Process[]> {
    const processes = parseProcesses(await this.output(processCommand));
    this.sourceIs("ps aux");
    return processes;
  }

  /** The rules of a table (`iptables-save -t nat`). */
  async iptables(table: "filter" | "nat" | "mangle" | "raw" = "filter"): Promise<IptablesRule[]> {
    return parseIptables(await this.output(["iptables-save", "-t", table]));
  }

  /** The last lines of a service's journal (`journalctl -u kubelet`), at most 500. */
  async journal(unit: string): Promise<string> {
    const text = await this.output(["journalctl", "-u", unit, "-n", "500", "-o", "cat", "--no-pager"]);
    this.sourceIs(`journalctl -u ${unit}`);
    return text;
  }

  /** Undefined when there is none, or nobody answers. */
  async certificate(from: CertificateSource): Promise<Certificate | undefined> {
    const { argv, stdin, source } = certificateCommand(from);
    const { stdout } = await this.exec(argv, stdin === undefined ? {} : { stdin });
    this.sourceIs(source);
    return parseCertificate(stdout);
  }

  /** What helm has installed, in all namespaces. Of a control plane. */
  async helmReleases(): Promise<HelmRelease[]> {
    const releases = parseHelmList(await this.output(helmListCommand));
    this.sourceIs("helm list -A");
    return releases;
  }

  /** The values that were given to a release; undefined when there is no such release. Of a control plane. */
  async helmValues(namespace: string, name: string): Promise<Record<string, unknown> | undefined> {
    const { exitCode, stdout } = await this.exec(helmValuesCommand(namespace, name));
    this.sourceIs(`helm get values ${name} -n ${namespace}`);
    return exitCode === 0 ? ((JSON.parse(stdout) as Record<string, unknown> | null) ?? {}) : undefined;
  }

  /** Of a Docker host; undefined when there is no container of that name, or no engine that answers. */
  async dockerContainer(name: string): Promise<DockerContainer | undefined> {
    const { exitCode, stdout } = await this.exec(dockerCommand("container", name));
    return exitCode === 0 ? parseDockerContainer(stdout) : undefined;
  }

  /** Of a Docker host; undefined when there is no network of that name, or no engine that answers. */
  async dockerNetwork(name: string): Promise<DockerNetwork | undefined> {
    const { exitCode, stdout } = await this.exec(dockerCommand("network", name));
    return exitCode === 0 ? parseDockerNetwork(stdout) : undefined;
  }

  /** A file of the node; undefined when it is not there. */
  async file(path: string): Promise<FileValue | undefined> {
    this.ledger.lastSource = `${this.name}# cat ${path}`;
    return (await call("readFile", { node: this.name, path })) ?? undefined;
  }
}
