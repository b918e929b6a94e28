import type { AgentSession } from "@/lib/cluster/addons/agents/agent-session";
import type { Log } from "../log";

export interface Announcement {
  ips: string[];
  /** Empty: all. */
  interfaces: string[];
}

/** Answers ARP for the announced addresses on the node's interfaces (metallb internal/layer2). */
export class Announcer {
  readonly #answered = new Map<string, string>();
  readonly #failed = new Set<string>();

  constructor(
    private readonly session: AgentSession,
    private readonly log: Log,
  ) {}

  async announce(announcements: Announcement[], interfaces: string[]): Promise<void> {
    for (const name of this.#answered.keys()) if (!interfaces.includes(name)) this.#answered.delete(name);
    for (const name of interfaces) {
      const ips = announcements
        .filter((one) => one.interfaces.length === 0 || one.interfaces.includes(name))
        .flatMap((one) => one.ips);
      const wanted = [...new Set(ips)].sort();
      if (this.#answered.get(name) === wanted.join()) continue;
      try {
        await this.session.answerArp(name, wanted);
      } catch (failure) {
        if (this.session.signal.aborted) throw failure;
        if (!this.#failed.has(name))
          this.log("error", "announcer.go:119", {
            op: "createARPResponder",
            error: `creating ARP responder for "${name}": ${(failure as Error).message}`,
            interface: name,
            msg: "failed to create ARP responder",
          });
        this.#failed.add(name);
        continue;
      }
      if (!this.#answered.has(name))
        this.log("info", "announcer.go:126", {
          event: "createARPResponder",
          interface: name,
          msg: "created ARP responder for interface",
        });
      this.#answered.set(name, wanted.join());
      this.#failed.delete(name);
    }
  }
}
