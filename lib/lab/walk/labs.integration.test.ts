import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { projectRoot } from "@/lib/core/paths";
import type { LabFiles } from "@/lib/contract/lab";
import { startTestClusterd, type TestClusterd } from "@/lib/clusterd/testing";
import { formatProblem } from "../lab";
import { authoringLab } from "../testing/authoring-lab";
import { readLabFolder } from "../read-lab-folder";
import { validateLab } from "../validate-lab";
import { hostLeftovers } from "./host-leftovers";
import { formatWalk } from "./report";

const labs = readdirSync(join(projectRoot, "labs"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

/** A walk waits as much as it computes: two fill two cores, and more would only slow each other down. */
vi.setConfig({ maxConcurrency: 2 });

describe.concurrent("the walk over labs/", () => {
  let clusterd: TestClusterd;
  beforeAll(async () => {
    clusterd = await startTestClusterd();
  }, 420_000);
  afterAll(() => clusterd?.close());

  const prove = async (files: LabFiles) => {
    const { problems, walk } = await validateLab(files, {
      walk: {
        clusterd: clusterd.client,
        concurrency: 2,
        findLeftovers: hostLeftovers([clusterd.labd.dataDir, clusterd.labd.runDir]),
      },
    });
    expect(problems.map(formatProblem)).toEqual([]);
    expect(walk!.ok, formatWalk(walk!)).toBe(true);
  };

  it.each(labs)(
    "%s: unsolved 0, solution full twice, mistakes exactly as named, nothing left behind",
    async (name) => prove(await readLabFolder(join(projectRoot, "labs", name))),
    600_000,
  );

  it("the first lab of docs/authoring.md", () => prove(authoringLab()), 300_000);
});
