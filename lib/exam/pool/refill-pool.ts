import { randomBytes } from "node:crypto";
import { AppError } from "@/lib/core/app-error";
import { randomId } from "@/lib/core/ids";
import { parameterValues } from "@/lib/contract/fields";
import { drawParameters } from "@/lib/lab/draw-parameters";
import { resolveEnvironment } from "@/lib/lab/resolve-environment";
import { admissionLock } from "../admission-lock";
import { countPassingLabs } from "../count-passing-labs";
import type { ExamDeps } from "../deps";
import { loadVersion } from "../load-version";
import { planPool } from "./plan-pool";

/** How far back attempts tell which labs people want. */
const popularMs = 24 * 3_600_000;

/**
 * Keeps labs booted for those who come next: entries of current versions with values of their own, each used once. Level-
 * triggered and safe in several processes: what is to be done is decided under one lock, and done afterwards.
 */
export async function refillPool(deps: ExamDeps): Promise<void> {
  await followEntries(deps);
  const { drop, added } = await decide(deps);
  for (const entry of drop) await dropEntry(deps, entry);
  if (added) await bootEntry(deps, added);
}

type Entry = NonNullable<Awaited<ReturnType<ExamDeps["db"]["poolEntry"]["findFirst"]>>>;

/** Entries become ready, and those whose lab is not there any more go. */
async function followEntries(deps: ExamDeps): Promise<void> {
  const entries = await deps.db.poolEntry.findMany({ where: { state: { not: "FAILED" } } });
  for (const entry of entries) {
    const phase = await phaseOf(deps, entry.clusterLabId);
    if (phase === "frozen") {
      // From before the server was stopped: as good as a new one.
      await deps.db.poolEntry.updateMany({ where: { id: entry.id }, data: { state: "PREPARING" } });
      await deps.clusterd.call("lab.thaw", { labId: entry.clusterLabId });
      continue;
    }
    if (phase === "unknown" || phase === "starting" || (phase === "ready" && entry.state === "READY"))
      continue;
    await deps.db.poolEntry.updateMany({
      where: { id: entry.id, state: entry.state },
      data: { state: phase === "ready" ? "READY" : "FAILED", createdAt: new Date(deps.clock.now()) },
    });
    if (phase !== "ready")
      deps.logger.warn({ poolEntry: entry.id, phase }, "a lab of the pool is not usable");
  }
}

async function phaseOf(deps: ExamDeps, labId: string): Promise<string> {
  try {
    return (await deps.clusterd.call("lab.status", { labId })).phase;
  } catch (failure) {
    return AppError.from(failure).code === "not-found" ? "lost" : "unknown";
  }
}

/** Marks what goes, so that nobody takes it any more, and reserves what comes. */
async function decide(deps: ExamDeps): Promise<{ drop: Entry[]; added: Entry | undefined }> {
  const nowMs = deps.clock.now();
  const current = await currentVersions(deps);
  const passing = await countPassingLabs(deps);
  return deps.db.$transaction(async (tx) => {
    await tx.$queryRaw`SELECT pg_advisory_xact_lock(${admissionLock})::text`;
    const entries = await tx.poolEntry.findMany();
    if (entries.length === 0 && (deps.pool.max === 0 || deps.pool.perVersion === 0))
      return { drop: [], added: undefined };
    const running = await tx.attempt.count({
      where: { labStartedAt: { not: null }, labStoppedAt: null, hibernatedAt: null },
    });
    const preparing = await tx.attempt.count({ where: { state: "PREPARING" } });
    const plan = planPool({
      versionIds: current,
      entries: entries.map(({ id, versionId, state, createdAt }) => ({
        ...{ id, versionId, state },
        createdAtMs: createdAt.getTime(),
      })),
      room: deps.labsRunningMax - running - passing,
      ...deps.pool,
      isBusy: preparing > 0,
      nowMs,
    });
    await tx.poolEntry.updateMany({ where: { id: { in: plan.drop } }, data: { state: "FAILED" } });
    const drop = entries.filter(({ id }) => plan.drop.includes(id));
    if (!plan.add) return { drop, added: undefined };
    const { lab } = await loadVersion(deps, plan.add);
    const seed = randomBytes(16).toString("hex");
    const id = randomId();
    const added = await tx.poolEntry.create({
      data: {
        id,
        versionId: plan.add,
        state: "PREPARING",
        seed,
        parameters: drawParameters(lab.manifest, seed),
        clusterLabId: `p-${id}`,
        createdAt: new Date(nowMs),
      },
    });
    return { drop, added };
  });
}

/** Published versions, those that were started most of late first. */
async function currentVersions(deps: ExamDeps): Promise<string[]> {
  const labs = await deps.db.lab.findMany({ where: { versionId: { not: null } }, orderBy: { id: "asc" } });
  const recent = await deps.db.attempt.groupBy({
    by: ["labId"],
    where: { createdAt: { gte: new Date(deps.clock.now() - popularMs) } },
    _count: true,
  });
  const starts = new Map(recent.map(({ labId, _count }) => [labId, _count]));
  return labs
    .sort((a, b) => (starts.get(b.id) ?? 0) - (starts.get(a.id) ?? 0))
    .map(({ versionId }) => versionId!);
}

async function dropEntry(deps: ExamDeps, { id, clusterLabId }: Entry): Promise<void> {
  await deps.clusterd.call("lab.stop", { labId: clusterLabId }, { timeoutMs: 60_000 });
  await deps.db.poolEntry.deleteMany({ where: { id } });
}

async function bootEntry(deps: ExamDeps, { id, versionId, parameters, clusterLabId }: Entry): Promise<void> {
  try {
    const { lab } = await loadVersion(deps, versionId);
    const environment = resolveEnvironment(lab, parameterValues.parse(parameters));
    await deps.clusterd.call("lab.start", { labId: clusterLabId, environment });
  } catch (failure) {
    deps.logger.warn({ err: failure, poolEntry: id }, "a lab of the pool did not start");
    await deps.db.poolEntry.updateMany({ where: { id }, data: { state: "FAILED" } });
  }
}
