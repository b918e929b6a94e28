CREATE TYPE "Role" AS ENUM ('STUDENT', 'ADMIN', 'GRADER');
CREATE TYPE "VersionState" AS ENUM ('DRAFT', 'PUBLISHED');
CREATE TYPE "ValidationState" AS ENUM ('NONE', 'RUNNING', 'PASSED', 'FAILED');
CREATE TYPE "AttemptMode" AS ENUM ('PRACTICE', 'EXAM');
CREATE TYPE "AttemptState" AS ENUM ('PREPARING', 'RUNNING', 'SUBMITTED', 'EXPIRED', 'GRADING', 'GRADED', 'ABANDONED', 'FAILED');
CREATE TYPE "CheckPurpose" AS ENUM ('FEEDBACK', 'GRADING');
CREATE TYPE "CheckOutcome" AS ENUM ('PASSED', 'PARTIAL', 'FAILED', 'UNANSWERED', 'UNGRADABLE');
CREATE TYPE "ScoreKind" AS ENUM ('GRADED', 'OVERRIDE');

CREATE TABLE "users" (
  "id" TEXT NOT NULL,
  "username" TEXT NOT NULL,
  "email" TEXT,
  "name" TEXT NOT NULL,
  "password_hash" TEXT NOT NULL,
  "role" "Role" NOT NULL,
  "session_epoch" INTEGER NOT NULL DEFAULT 0,
  "disabled_at" TIMESTAMPTZ(3),
  "last_sign_in_at" TIMESTAMPTZ(3),
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "users_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "users_username_lower" CHECK ("username" = lower("username"))
);
CREATE UNIQUE INDEX "users_username_key" ON "users"("username");
CREATE UNIQUE INDEX "users_email_key" ON "users"("email");

CREATE TABLE "labs" (
  "id" TEXT NOT NULL,
  "version_id" TEXT,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "labs_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "labs_version_id_key" ON "labs"("version_id");

CREATE TABLE "lab_versions" (
  "id" TEXT NOT NULL,
  "lab_id" TEXT NOT NULL,
  "number" INTEGER NOT NULL,
  "sha256" TEXT NOT NULL,
  "files" JSONB NOT NULL,
  "manifest" JSONB NOT NULL,
  "checks_source" TEXT NOT NULL,
  "state" "VersionState" NOT NULL,
  "validation" "ValidationState" NOT NULL DEFAULT 'NONE',
  "validation_steps" JSONB NOT NULL DEFAULT '[]',
  "message" TEXT NOT NULL DEFAULT '',
  "author_id" TEXT,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "published_at" TIMESTAMPTZ(3),
  CONSTRAINT "lab_versions_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "lab_versions_lab_id_number_key" ON "lab_versions"("lab_id", "number");
CREATE UNIQUE INDEX "lab_versions_lab_id_sha256_key" ON "lab_versions"("lab_id", "sha256");

CREATE TABLE "attempts" (
  "id" TEXT NOT NULL,
  "user_id" TEXT NOT NULL,
  "lab_id" TEXT NOT NULL,
  "version_id" TEXT NOT NULL,
  "mode" "AttemptMode" NOT NULL,
  "state" "AttemptState" NOT NULL,
  "seed" TEXT NOT NULL,
  "parameters" JSONB NOT NULL,
  "cluster_lab_id" TEXT NOT NULL,
  "start_steps" JSONB NOT NULL DEFAULT '[]',
  "problem" TEXT,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "lab_started_at" TIMESTAMPTZ(3),
  "lab_stopped_at" TIMESTAMPTZ(3),
  "ready_at" TIMESTAMPTZ(3),
  "deadline_at" TIMESTAMPTZ(3),
  "ended_at" TIMESTAMPTZ(3),
  "graded_at" TIMESTAMPTZ(3),
  "grading_tries" INTEGER NOT NULL DEFAULT 0,
  "next_try_at" TIMESTAMPTZ(3),
  CONSTRAINT "attempts_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "attempts_cluster_lab_id_key" ON "attempts"("cluster_lab_id");
CREATE INDEX "attempts_user_id_created_at_idx" ON "attempts"("user_id", "created_at");
CREATE INDEX "attempts_state_next_try_at_idx" ON "attempts"("state", "next_try_at");
CREATE INDEX "attempts_lab_id_idx" ON "attempts"("lab_id");
-- One attempt at a time of each student at each lab, whatever two browser tabs do at once.
CREATE UNIQUE INDEX "attempts_one_active" ON "attempts"("user_id", "lab_id") WHERE "state" IN ('PREPARING', 'RUNNING');

CREATE TABLE "answers" (
  "attempt_id" TEXT NOT NULL,
  "question_id" TEXT NOT NULL,
  "value" JSONB,
  "revision" INTEGER NOT NULL DEFAULT 0,
  "flagged" BOOLEAN NOT NULL DEFAULT false,
  "hint_shown_at" TIMESTAMPTZ(3),
  "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "answers_pkey" PRIMARY KEY ("attempt_id", "question_id")
);

CREATE TABLE "check_results" (
  "id" TEXT NOT NULL,
  "attempt_id" TEXT NOT NULL,
  "question_id" TEXT NOT NULL,
  "purpose" "CheckPurpose" NOT NULL,
  "outcome" "CheckOutcome" NOT NULL,
  "points" DOUBLE PRECISION NOT NULL,
  "points_max" DOUBLE PRECISION NOT NULL,
  "guard" BOOLEAN NOT NULL DEFAULT false,
  "reason" TEXT NOT NULL,
  "evidence" JSONB NOT NULL,
  "answer" JSONB,
  "duration_ms" DOUBLE PRECISION NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "check_results_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "check_results_attempt_id_question_id_created_at_idx" ON "check_results"("attempt_id", "question_id", "created_at");

CREATE TABLE "scores" (
  "id" TEXT NOT NULL,
  "attempt_id" TEXT NOT NULL,
  "sequence" INTEGER NOT NULL,
  "kind" "ScoreKind" NOT NULL,
  "points" DOUBLE PRECISION NOT NULL,
  "points_max" DOUBLE PRECISION NOT NULL,
  "question_points" JSONB NOT NULL,
  "vetoed" BOOLEAN NOT NULL DEFAULT false,
  "passed" BOOLEAN NOT NULL,
  "reason" TEXT NOT NULL DEFAULT '',
  "question_id" TEXT,
  "grader_id" TEXT,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "scores_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "scores_attempt_id_sequence_key" ON "scores"("attempt_id", "sequence");

CREATE TABLE "audit_entries" (
  "id" TEXT NOT NULL,
  "actor_id" TEXT,
  "action" TEXT NOT NULL,
  "target" TEXT NOT NULL,
  "details" JSONB NOT NULL DEFAULT '{}',
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "audit_entries_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "audit_entries_created_at_idx" ON "audit_entries"("created_at");

CREATE TABLE "rate_limits" (
  "key" TEXT NOT NULL,
  "count" INTEGER NOT NULL,
  "window_ends_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "rate_limits_pkey" PRIMARY KEY ("key")
);

ALTER TABLE "labs" ADD CONSTRAINT "labs_version_id_fkey" FOREIGN KEY ("version_id") REFERENCES "lab_versions"("id") ON DELETE SET NULL ON UPDATE CASCADE;
ALTER TABLE "lab_versions" ADD CONSTRAINT "lab_versions_lab_id_fkey" FOREIGN KEY ("lab_id") REFERENCES "labs"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "lab_versions" ADD CONSTRAINT "lab_versions_author_id_fkey" FOREIGN KEY ("author_id") REFERENCES "users"("id") ON DELETE SET NULL ON UPDATE CASCADE;
ALTER TABLE "attempts" ADD CONSTRAINT "attempts_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "attempts" ADD CONSTRAINT "attempts_version_id_fkey" FOREIGN KEY ("version_id") REFERENCES "lab_versions"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "answers" ADD CONSTRAINT "answers_attempt_id_fkey" FOREIGN KEY ("attempt_id") REFERENCES "attempts"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "check_results" ADD CONSTRAINT "check_results_attempt_id_fkey" FOREIGN KEY ("attempt_id") REFERENCES "attempts"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "scores" ADD CONSTRAINT "scores_attempt_id_fkey" FOREIGN KEY ("attempt_id") REFERENCES "attempts"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "scores" ADD CONSTRAINT "scores_grader_id_fkey" FOREIGN KEY ("grader_id") REFERENCES "users"("id") ON DELETE SET NULL ON UPDATE CASCADE;
ALTER TABLE "audit_entries" ADD CONSTRAINT "audit_entries_actor_id_fkey" FOREIGN KEY ("actor_id") REFERENCES "users"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- What was recorded stays as it was recorded, whatever a later bug in the product tries.
CREATE FUNCTION "refuse_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER "check_results_append_only" BEFORE UPDATE OR DELETE ON "check_results" FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "scores_append_only" BEFORE UPDATE OR DELETE ON "scores" FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "audit_entries_append_only" BEFORE UPDATE OR DELETE ON "audit_entries" FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "lab_versions_kept" BEFORE DELETE ON "lab_versions" FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "lab_versions_immutable" BEFORE UPDATE ON "lab_versions" FOR EACH ROW
  WHEN (OLD."files" IS DISTINCT FROM NEW."files" OR OLD."manifest" IS DISTINCT FROM NEW."manifest"
    OR OLD."checks_source" IS DISTINCT FROM NEW."checks_source" OR OLD."sha256" IS DISTINCT FROM NEW."sha256"
    OR OLD."lab_id" IS DISTINCT FROM NEW."lab_id" OR OLD."number" IS DISTINCT FROM NEW."number")
  EXECUTE FUNCTION "refuse_change"();
