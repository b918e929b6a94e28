import type { Condition, Deployment } from "@/lib/cluster/resources/types";
import { rfc3339 } from "../rfc3339";
import { isComplete } from "./plan";

/** What a look at a Deployment did itself, beside what its ReplicaSets report. */
export interface RolloutNews {
  /** The name of the ReplicaSet that it made. */
  created?: string;
  /** Why none could be made. */
  createFailure?: { message: string; cause: unknown };
}

const defaultDeadlineSeconds = 600;
/** Stands for "no deadline" (math.MaxInt32). */
const noDeadlineSeconds = 2_147_483_647;
const type = "Progressing";

const deadlineOf = ({ spec }: Deployment) => {
  const seconds = spec.progressDeadlineSeconds ?? defaultDeadlineSeconds;
  return seconds === noDeadlineSeconds ? undefined : seconds * 1000;
};
const findIn = (status: Deployment["status"]) => status?.conditions?.find((one) => one.type === type);

/**
 * The condition Progressing of a Deployment whose status becomes `next` (kubernetes 1.34 pkg/controller/deployment:
 * checkPausedConditions, getNewReplicaSet, syncRolloutStatus). Its deadline runs from the last progress, which
 * lastUpdateTime tells; `name`: the ReplicaSet of the present template.
 */
export function progressCondition(
  deployment: Deployment,
  next: NonNullable<Deployment["status"]>,
  name: string | undefined,
  nowMs: number,
  { created, createFailure }: RolloutNews = {},
): Condition | undefined {
  const deadlineMs = deadlineOf(deployment);
  if (deadlineMs === undefined) return undefined;
  const before = findIn(deployment.status);
  const say = (status: Condition["status"], reason: string, message: string): Condition =>
    before?.status === status && before.reason === reason ? before : fresh(status, reason, message);
  const fresh = (status: Condition["status"], reason: string, message: string): Condition => ({
    ...{ type, status, reason, message },
    lastUpdateTime: rfc3339(nowMs),
    lastTransitionTime: (before?.status === status ? before.lastTransitionTime : undefined) ?? rfc3339(nowMs),
  });

  let present = before;
  if (before?.reason !== "ProgressDeadlineExceeded") {
    if (deployment.spec.paused) return say("Unknown", "DeploymentPaused", "Deployment is paused");
    // Resumed, it has the whole time again.
    if (before?.reason === "DeploymentPaused")
      present = fresh("Unknown", "DeploymentResumed", "Deployment is resumed");
  } else if (deployment.spec.paused) return before;
  if (createFailure) return say("False", "ReplicaSetCreateError", createFailure.message);
  if (created !== undefined)
    present = fresh("True", "NewReplicaSetCreated", `Created new replica set "${created}"`);
  else if (!present && name !== undefined)
    present = fresh("True", "FoundNewReplicaSet", `Found new replica set "${name}"`);

  const { replicas = 0, updatedReplicas = 0 } = next;
  // A rollout that is done stays so when it is resized or a pod fails.
  if (replicas === updatedReplicas && present?.reason === "NewReplicaSetAvailable") return present;
  const what = name === undefined ? `Deployment "${deployment.metadata.name}"` : `ReplicaSet "${name}"`;
  if (isComplete(deployment, next))
    return say("True", "NewReplicaSetAvailable", `${what} has successfully progressed.`);
  if (hasProgressed(deployment.status ?? {}, next))
    return fresh("True", "ReplicaSetUpdated", `${what} is progressing.`);
  const isTimed = present !== undefined && present.reason !== "NewReplicaSetAvailable";
  if (isTimed && Date.parse(present?.lastUpdateTime ?? "") + deadlineMs < nowMs)
    return say("False", "ProgressDeadlineExceeded", `${what} has timed out progressing.`);
  return present;
}

function hasProgressed(
  before: NonNullable<Deployment["status"]>,
  next: NonNullable<Deployment["status"]>,
): boolean {
  const old = ({ replicas = 0, updatedReplicas = 0 }: typeof before) => replicas - updatedReplicas;
  return (
    (next.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    old(next) < old(before) ||
    (next.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (next.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  );
}

/** In how many milliseconds the rollout has to be looked at for its deadline; undefined: none is running. */
export function deadlineCheckMs(
  deployment: Deployment,
  status: NonNullable<Deployment["status"]>,
  nowMs: number,
): number | undefined {
  const deadlineMs = deadlineOf(deployment);
  const { status: value, reason, lastUpdateTime = "" } = findIn(status) ?? {};
  if (deadlineMs === undefined || reason === undefined || reason === "DeploymentPaused") return undefined;
  if (value === "False" || reason === "NewReplicaSetAvailable") return undefined;
  return Math.max(0, Date.parse(lastUpdateTime) + deadlineMs - nowMs) + 1000;
}
