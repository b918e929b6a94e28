import type { CheckContext } from "./context";

/**
 * What a lab's checks.ts imports as "examctl/checks":
 *
 *     export default defineChecks({
 *       "node-count": check(async (t) => {
 *         const nodes = await t.cluster.list("Node");
 *         t.expectAnswer("integer", nodes.length);
 *       }),
 *     });
 */

export type CheckFunction = (t: CheckContext) => void | Promise<void>;

export interface Check {
  readonly kind: "check" | "guard";
  readonly run: CheckFunction;
}

/** Decides the points of a question. */
export function check(run: CheckFunction): Check {
  return { kind: "check", run };
}

/** Worth no points: says what must not be broken. When it fails, the whole score is vetoed. */
export function guard(run: CheckFunction): Check {
  return { kind: "guard", run };
}

/** The checks of a lab, by id of question or guard. The default export of checks.ts. */
export function defineChecks<const C extends Record<string, Check>>(checks: C): C {
  for (const [id, entry] of Object.entries(checks)) {
    if (typeof entry?.run !== "function")
      throw new TypeError(`defineChecks: "${id}" is neither check(...) nor guard(...).`);
  }
  return checks;
}

export { StopCheck } from "./evidence";
export type { AnswerTypeName, Expectation, ExpectOptions } from "./evidence";
export { flagOf } from "./processes";
export { conditionOf } from "./workloads";
export type { Certificate, CertificateSource } from "./certificate";
export type { ConnectivityOptions } from "./connectivity";
export type { HelmRelease } from "./helm";
export type { IptablesRule } from "./iptables";
export type { Process } from "./processes";
export type { Endpoint, RolloutOptions, WorkloadKind } from "./workloads";
export type { CheckContext, Cluster, ListFilter, ObjectRef } from "./context";
export type { NodePlace, Place, ExecOptions, TrafficOptions } from "./place";
export type { DockerContainer, DockerNetwork } from "./docker";
export type { TrafficAnswer } from "./traffic";
export type { Link, Route, Socket } from "./network";
export type { DnsValue, ExecValue, FileValue, HttpValue, Resource } from "./bridge";
export type * from "./kinds";
