import type { AgentSession } from "../agents/agent-session";
import { isWhole, planChange, planReset, type Actual, type Hooks } from "./plan-load";
import type { PolicyRules } from "./rule-set";

export interface PolicyLoaderOptions {
  /** Chains and sets whose names begin so are the component's own. */
  chainPrefix: string;
  setPrefix: string;
  hooks: Hooks[];
}

/** Keeps a component's policy rules on its node, with the programs of its own container; writes what has changed. */
export class PolicyLoader {
  #loaded: PolicyRules | undefined;

  constructor(
    private readonly session: Pick<AgentSession, "must">,
    private readonly options: PolicyLoaderOptions,
  ) {}

  /** After a failure everything is written anew. */
  async load(rules: PolicyRules): Promise<void> {
    const plan = this.#loaded
      ? planChange(this.#loaded, rules)
      : planReset(await this.#read(), rules, this.options.hooks);
    this.#loaded = undefined;
    if (plan.sets) await this.session.must(["ipset", "restore", "-exist"], plan.sets);
    if (plan.rules) await this.session.must(["iptables-restore", "-w", "--noflush"], plan.rules);
    if (plan.stale) await this.session.must(["ipset", "restore", "-exist"], plan.stale);
    this.#loaded = rules;
  }

  /** Somebody may have flushed or changed what was loaded: then the next load writes everything. */
  async check(): Promise<void> {
    if (this.#loaded && !isWhole(await this.#read(), this.#loaded, this.options.hooks))
      this.#loaded = undefined;
  }

  async #read(): Promise<Actual> {
    const { chainPrefix, setPrefix } = this.options;
    const actual: Actual = { sets: [], counts: new Map(), sizes: new Map(), builtIn: new Map() };
    const increase = (counts: Map<string, number>, name: string) =>
      counts.set(name, (counts.get(name) ?? 0) + 1);
    for (const line of (await this.session.must(["iptables-save", "-t", "filter"])).split("\n")) {
      const declared = /^:(\S+) /.exec(line)?.[1];
      if (declared?.startsWith(chainPrefix)) actual.counts.set(declared, 0);
      const [, chain, rule] = /^-A (\S+) (.*)$/.exec(line) ?? [];
      if (!chain || !rule) continue;
      if (chain.startsWith(chainPrefix)) increase(actual.counts, chain);
      else actual.builtIn.set(chain, [...(actual.builtIn.get(chain) ?? []), rule]);
    }
    for (const line of (await this.session.must(["ipset", "save"])).split("\n")) {
      const [verb, name = ""] = line.split(" ");
      if (!name.startsWith(setPrefix)) continue;
      if (verb === "create") {
        actual.sets.push(name);
        actual.sizes.set(name, 0);
      }
      if (verb === "add") increase(actual.sizes, name);
    }
    return actual;
  }
}
