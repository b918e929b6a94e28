-- Labs that are booted before anybody asks for them. One is used once: the attempt that takes it gets its seed.
CREATE TYPE "PoolState" AS ENUM ('PREPARING', 'READY', 'FAILED');

CREATE TABLE "pool_entries" (
  "id" TEXT NOT NULL,
  "version_id" TEXT NOT NULL,
  "state" "PoolState" NOT NULL,
  "seed" TEXT NOT NULL,
  "parameters" JSONB NOT NULL,
  "cluster_lab_id" TEXT NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "pool_entries_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "pool_entries_version_id_fkey" FOREIGN KEY ("version_id") REFERENCES "lab_versions"("id") ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE UNIQUE INDEX "pool_entries_cluster_lab_id_key" ON "pool_entries"("cluster_lab_id");
CREATE INDEX "pool_entries_version_id_state_idx" ON "pool_entries"("version_id", "state");

-- Idle labs are frozen, and the end state of a graded attempt is kept.
ALTER TABLE "attempts"
  ADD COLUMN "last_seen_at" TIMESTAMPTZ(3),
  ADD COLUMN "hibernated_at" TIMESTAMPTZ(3),
  ADD COLUMN "end_state_id" TEXT;
