import type { AgentSession } from "@/lib/cluster/addons/agents/agent-session";
import { toNumber } from "@/lib/cluster/addons/ipv4";
import type { ClusterClient } from "@/lib/cluster/client/client";
import type { EventRecorder } from "@/lib/cluster/client/event-recorder";
import type { Service } from "@/lib/cluster/resources/types";
import type { SpeakerCaches } from "../caches";
import type { Log } from "../log";
import { holds } from "../model/cidrs";
import { elect } from "../model/elect";
import { readConfig, type Pool } from "../model/read-config";
import type { Announcement, Announcer } from "./announcer";
import { listInterfaces } from "./interfaces";
import { removeL2Statuses, writeL2Status } from "./l2-status";
import type { Members } from "./members";

export interface SpeakerParts {
  session: AgentSession;
  client: ClusterClient;
  caches: SpeakerCaches;
  announcer: Announcer;
  events: EventRecorder;
  log: Log;
  members: Members;
  /** Without it a speaker is thought to be on every node. */
  hasMemberlist: boolean;
  isExcluded: (interfaceName: string) => boolean;
  writesStatus: boolean;
}

/** Announces what is this node's to announce; safe to repeat. */
export class SpeakerSync {
  readonly #announced = new Map<string, Announcement & { service: Service }>();
  #pools: ReadonlyMap<string, Pool> = new Map();
  #lastProblem = "";

  constructor(private readonly parts: SpeakerParts) {}

  async run(): Promise<void> {
    const { session, caches, announcer, isExcluded } = this.parts;
    this.#readPools();
    const interfaces = await listInterfaces(session, isExcluded);
    const wanted = new Map<string, Announcement & { service: Service }>();
    const reasons = new Map<string, string>();
    for (const service of caches.services.list()) {
      const key = `${service.metadata.namespace}/${service.metadata.name}`;
      const verdict = this.#judge(service, key, interfaces);
      if ("reason" in verdict) reasons.set(key, verdict.reason);
      else wanted.set(key, { ...verdict, service });
    }
    await announcer.announce([...wanted.values()], interfaces);
    for (const [key, { ips }] of this.#announced)
      if (!wanted.has(key)) await this.#withdraw(key, ips, reasons.get(key) ?? "serviceDeleted");
    for (const [key, one] of wanted) await this.#tell(key, one);
  }

  #readPools(): void {
    const { caches, log } = this.parts;
    try {
      this.#pools = readConfig({
        pools: caches.pools.list(),
        advertisements: caches.advertisements.list(),
        namespaces: caches.namespaces.list(),
        nodes: caches.nodes.list(),
      });
      this.#lastProblem = "";
    } catch (failure) {
      const { message } = failure as Error;
      if (message !== this.#lastProblem)
        log("error", "config_controller.go:140", {
          controller: "ConfigReconciler",
          error: message,
          message: "failed to parse the configuration",
        });
      this.#lastProblem = message;
    }
  }

  #judge(service: Service, key: string, present: string[]): Announcement | { reason: string } {
    const { session, caches, members, hasMemberlist, events } = this.parts;
    const own = session.node.name;
    if (service.spec.type !== "LoadBalancer") return { reason: "notLoadBalancer" };
    if (service.spec.loadBalancerClass !== (session.flag("lb-class") || undefined))
      return { reason: "notLoadBalancer" };
    const ips = (service.status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? []);
    if (ips.length === 0) return { reason: "noIPAllocated" };
    const pool = [...this.#pools.values()].find(({ ranges }) =>
      ips.every((ip) => ranges.some((range) => holds(range, toNumber(ip)))),
    );
    if (!pool) return { reason: "ipNotAllowed" };
    const alive = caches.nodes.list().filter(({ metadata }) => !hasMemberlist || members.has(metadata.name));
    const verdict = elect(service, ips[0]!, pool, caches.slicesOf(service), {
      ...{ own, alive },
      ignoresExclusion: session.flag("ignore-exclude-lb") === "true",
    });
    if ("reason" in verdict) return verdict;
    const { interfaces } = verdict;
    if (interfaces.length > 0 && !interfaces.some((name) => present.includes(name))) {
      if (!this.#announced.has(key))
        events.event(
          service,
          "Warning",
          "announceFailed",
          `the interfaces specified by LB IP "${ips[0]}" doesn't exist in assigned node "${own}" with protocol "layer2"`,
        );
      return { reason: "announceFailed" };
    }
    return { ips, interfaces };
  }

  async #tell(key: string, one: Announcement & { service: Service }): Promise<void> {
    const { session, client, events, log, writesStatus } = this.parts;
    const before = this.#announced.get(key);
    this.#announced.set(key, one);
    const { ips, interfaces, service } = one;
    const isSame =
      before?.service.metadata.uid === service.metadata.uid &&
      before?.ips.join() === ips.join() &&
      before.interfaces.join() === interfaces.join();
    if (isSame) return;
    log("info", "main.go:420", {
      event: "serviceAnnounced",
      ips,
      msg: "service has IP, announcing",
      protocol: "layer2",
      service: key,
    });
    events.event(
      service,
      "Normal",
      "nodeAssigned",
      `announcing from node "${session.node.name}" with protocol "layer2"`,
    );
    const { pod } = session.identity;
    if (writesStatus && pod) await writeL2Status(client, pod, service, interfaces);
  }

  async #withdraw(key: string, ips: string[], reason: string): Promise<void> {
    const { session, client, log, writesStatus } = this.parts;
    log("info", "main.go:460", {
      event: "serviceWithdrawn",
      ip: ips,
      reason,
      msg: "withdrawing service announcement",
      service: key,
    });
    this.#announced.delete(key);
    const [namespace, name = ""] = key.split("/");
    const own = session.identity.pod?.metadata.namespace;
    if (writesStatus && own)
      await removeL2Statuses(client, own, { name, ...(namespace ? { namespace } : {}) }, session.node.name);
  }
}
