import type { Pod } from "@/lib/cluster/resources/types";
import type { AddonContext } from "../addon";
import type { AgentSession } from "../agents/agent-session";
import { watchLoop } from "../agents/watch-loop";
import type { PolicyLoader } from "./policy-loader";
import { resolvePolicies, type ResolvedPolicy } from "./resolve";
import type { PolicyRules } from "./rule-set";
import { policyPodOf, type PolicyView } from "./view";

/** When to look whether rules are still there: soon after the start, when others put theirs in front, then now and then. */
const checkDelaysMs = [1000, 3000, 10_000];
const checkPeriodMs = 90_000;

/** Keeps a node's policy rules in line with the cluster's policies, namespaces and pods. */
export class PolicyKeeper {
  #isCheckDue = false;

  constructor(
    private readonly session: AgentSession,
    private readonly context: AddonContext,
    private readonly loader: PolicyLoader,
    private readonly render: (policies: ResolvedPolicy[], view: PolicyView) => PolicyRules,
  ) {}

  async sync(): Promise<void> {
    if (this.#isCheckDue) await this.loader.check();
    this.#isCheckDue = false;
    const { informers } = this.context;
    const view: PolicyView = {
      policies: informers.networkPolicies.list(),
      namespaces: informers.namespaces.list(),
      pods: informers.pods.list().flatMap((pod) => policyPodOf(pod) ?? []),
    };
    await this.loader.load(this.render(resolvePolicies(view), view));
  }

  /** Until the process has ended: AgentSession.ended(). `more`: what else changes the rules. */
  run(more: ((trigger: () => void) => () => void)[] = []): Promise<boolean> {
    const { informers } = this.context;
    return watchLoop(
      this.session,
      this.context,
      [
        (trigger) => informers.networkPolicies.onChange(trigger),
        (trigger) =>
          informers.namespaces.onChange((now, old) => {
            if (!isSame(now?.metadata.labels, old?.metadata.labels) || !now !== !old) trigger();
          }),
        (trigger) =>
          informers.pods.onChange((now, old) => {
            if (!isSame(factsOf(now), factsOf(old))) trigger();
          }),
        (trigger) => this.#checkNowAndThen(trigger),
        ...more,
      ],
      () => this.sync(),
    );
  }

  #checkNowAndThen(trigger: () => void): () => void {
    const stop = new AbortController();
    const signal = AbortSignal.any([stop.signal, this.session.signal]);
    const run = async () => {
      for (let round = 0; !signal.aborted; round++) {
        await this.session.clock.sleep(checkDelaysMs[round] ?? checkPeriodMs, signal);
        this.#isCheckDue = true;
        trigger();
      }
    };
    run().catch(() => undefined); // the sleep ends when the process does
    return () => stop.abort();
  }
}

function factsOf(pod: Pod | undefined) {
  return pod && policyPodOf(pod);
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
