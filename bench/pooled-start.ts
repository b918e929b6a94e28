import { join } from "node:path";
import { pino } from "pino";
import { startTestClusterd, type TestClusterd } from "@/lib/clusterd/testing";
import { systemClock } from "@/lib/core/clock";
import { randomId } from "@/lib/core/ids";
import { projectRoot } from "@/lib/core/paths";
import type { Scope } from "@/lib/core/scope";
import { startTestDatabase } from "@/lib/db/testing";
import type { ExamDeps } from "@/lib/exam/deps";
import { refillPool } from "@/lib/exam/pool/refill-pool";
import { startAttempt } from "@/lib/exam/start-attempt";
import { makeCurrent, storeVersion } from "@/lib/exam/store-version";
import { abandonAttempt } from "@/lib/exam/submit-attempt";
import { readLabFolder } from "@/lib/lab/read-lab-folder";

const labId = "explore-environment";

/** The exam side of a server over a real database and a real clusterd, with one published lab; no terminals. */
export async function startExam(scope: Scope): Promise<{ deps: ExamDeps; clusterd: TestClusterd }> {
  const clusterd = scope.use(await startTestClusterd(), (it) => it.close());
  const { db } = scope.use(await startTestDatabase(), (it) => it.stop());
  const terminald = {
    call: () => Promise.resolve({}),
    open: () => Promise.reject(new Error("no terminals")),
  };
  const deps: ExamDeps = {
    db,
    clock: systemClock,
    logger: pino({ level: "silent" }),
    clusterd: clusterd.client,
    terminald: terminald as never,
    labsRunningMax: 10,
    pool: { perVersion: 1, max: 1 },
    hibernateAfterMs: 0,
    keepEndStatesMs: 0,
  };
  const files = await readLabFolder(join(projectRoot, "labs", labId));
  await makeCurrent(deps, await storeVersion(deps, { files, authorId: null, message: "" }));
  return { deps, clusterd };
}

/**
 * One start from the pool: from the student's click until the attempt runs and kubectl has answered on the control plane.
 * `floorMs` is that kubectl again, alone.
 */
export async function startFromPool({
  deps,
  clusterd,
}: {
  deps: ExamDeps;
  clusterd: TestClusterd;
}): Promise<{ warmMs: number; floorMs: number }> {
  await untilPoolIsFull(deps);
  const id = randomId();
  await deps.db.user.create({
    data: { id, username: `u-${id}`, name: "Bench", role: "STUDENT", passwordHash: "-" },
  });
  const actor = { userId: id, username: `u-${id}`, name: "Bench", role: "STUDENT" as const };
  const startedMs = performance.now();
  const { attemptId } = await startAttempt(deps, actor, { labId, mode: "PRACTICE" });
  const attempt = await deps.db.attempt.findUniqueOrThrow({ where: { id: attemptId } });
  if (attempt.state !== "RUNNING")
    throw new Error(`The attempt is ${attempt.state}: it did not come from the pool.`);
  const kubectl = async () => {
    const argv = ["kubectl", "get", "nodes", "--no-headers"];
    const answer = await clusterd.client.call("lab.exec", {
      labId: attempt.clusterLabId,
      node: "controlplane",
      argv,
    });
    if (answer.stdout.match(/ Ready /g)?.length !== 2)
      throw new Error(`The lab's nodes are not Ready:\n${answer.stdout}${answer.stderr}`);
  };
  await kubectl();
  const warmMs = performance.now() - startedMs;
  const floorStartedMs = performance.now();
  await kubectl();
  const floorMs = performance.now() - floorStartedMs;
  await abandonAttempt(deps, actor, { attemptId });
  return { warmMs, floorMs };
}

async function untilPoolIsFull(deps: ExamDeps): Promise<void> {
  const untilMs = performance.now() + 60_000;
  for (;;) {
    await refillPool(deps);
    if ((await deps.db.poolEntry.count({ where: { state: "READY" } })) >= deps.pool.max) return;
    if (performance.now() > untilMs) throw new Error("The pool does not fill.");
    await systemClock.sleep(100);
  }
}
