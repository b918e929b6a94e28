import { pino } from "pino";
import { ManualClock } from "@/lib/core/clock";
import { randomId } from "@/lib/core/ids";
import type { Actor, Role } from "@/lib/auth/roles";
import { startTestDatabase } from "@/lib/db/testing";
import type { ExamDeps } from "../deps";
import { makeCurrent, storeVersion } from "../store-version";
import { createFakeClusterd, type FakeClusterd } from "./fake-clusterd";
import { createFakeTerminald, type FakeTerminald } from "./fake-terminald";
import { sampleLab } from "./sample-lab";

export interface ExamTest {
  deps: ExamDeps;
  clock: ManualClock;
  clusterd: FakeClusterd;
  terminald: FakeTerminald;
  /** A new account. */
  actor: (role: Role) => Promise<Actor>;
  /** Ends what former tests left, and makes the fakes anew. */
  reset: () => Promise<void>;
  stop: () => Promise<void>;
}

/** Use cases over a real database, a clock that stands still, and fakes of clusterd and terminald. */
export async function startExamTest(): Promise<ExamTest> {
  const database = await startTestDatabase();
  const clock = new ManualClock();
  const test: ExamTest = {
    clock,
    clusterd: createFakeClusterd(),
    terminald: createFakeTerminald(),
    deps: {
      db: database.db,
      clock,
      logger: pino({ level: "silent" }),
      clusterd: undefined as never,
      terminald: undefined as never,
      labsRunningMax: 100,
      pool: { perVersion: 0, max: 0 },
      hibernateAfterMs: 0,
      keepEndStatesMs: 0,
    },
    actor: async (role) => {
      const id = randomId();
      const user = { id, username: `u-${id}`, name: `Name ${id}`, role };
      await database.db.user.create({ data: { ...user, passwordHash: "-" } });
      return { userId: id, username: user.username, name: user.name, role };
    },
    reset: async () => {
      // Attempts are kept by append-only tables: TRUNCATE passes row triggers.
      await database.db
        .$executeRaw`TRUNCATE attempts, answers, check_results, scores, audit_entries, rate_limits, pool_entries CASCADE`;
      test.clusterd = createFakeClusterd();
      test.terminald = createFakeTerminald();
      test.deps.clusterd = test.clusterd as never;
      test.deps.terminald = test.terminald as never;
      test.deps.labsRunningMax = 100;
      test.deps.pool = { perVersion: 0, max: 0 };
      test.deps.hibernateAfterMs = 0;
      test.deps.keepEndStatesMs = 0;
    },
    stop: () => database.stop(),
  };
  await test.reset();
  const version = await storeVersion(test.deps, { files: sampleLab, authorId: null, message: "" });
  await makeCurrent(test.deps, version);
  return test;
}
