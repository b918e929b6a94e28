import type { Pod } from "@/lib/cluster/resources/types";
import type { NodeInfo, Snapshot } from "../snapshot";

/** Why a node will not do; `isResolvable`: without some of its pods it might. */
export interface Refusal {
  reasons: string[];
  isResolvable: boolean;
}

/** What a filter makes of a pod before it looks at the nodes. */
export type Prepared =
  /** It has nothing to say of this pod. */
  | { kind: "skip" }
  /** The pod cannot run anywhere. */
  | { kind: "refuse"; reason: string }
  | { kind: "check"; onlyNodes?: ReadonlySet<string>; check(info: NodeInfo): Refusal | undefined };

/** One plugin of upstream's filter phase, by upstream's name. */
export interface Filter {
  name: string;
  prepare(pod: Pod, snapshot: Snapshot): Prepared;
}

export const skip: Prepared = { kind: "skip" };

export const check = (test: (info: NodeInfo) => Refusal | undefined): Prepared => ({
  kind: "check",
  check: test,
});

export const never = (...reasons: string[]): Refusal => ({ reasons, isResolvable: false });
export const perhaps = (...reasons: string[]): Refusal => ({ reasons, isResolvable: true });
