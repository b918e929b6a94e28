import { BaseSequencer, type TestSpecification } from "vitest/node";
import { defineConfig } from "vitest/config";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL(".", import.meta.url));
/**
 * Deadlines of what a test waits for. They are no measure of speed: a machine that several runs share may need many
 * times what an idle one does, and only a test that hangs should meet them.
 */
const deadlines = {
  testTimeout: 120_000,
  hookTimeout: 120_000,
  expect: { poll: { timeout: 60_000 } },
  // In CI a test gets a second chance; `npm test` names each that needed it.
  retry: process.env.CI ? 1 : 0,
};
/** A third of the integration tests' time: begun last, it would run on while the other worker has nothing to do. */
const longest = "lib/lab/walk/labs.integration.test.ts";

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLongest = ({ moduleId }: TestSpecification) => moduleId.endsWith(longest);
    const sorted = await super.sort(files);
    return [...sorted.filter(isLongest), ...sorted.filter((file) => !isLongest(file))];
  }
}

const shared = {
  resolve: {
    alias: {
      "@/": root,
      "examctl/checks": `${root}lib/checker/guest/api.ts`,
    },
  },
};

/**
 * unit: this process, kubectl and helm against it. integration (*.integration.test.ts): real sandboxes, PostgreSQL, sockets; needs root
 * and `npm run setup`; files run one after another unless --fileParallelism says otherwise, as `npm test` does for two.
 */
export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        ...shared,
        test: {
          name: "unit",
          include: ["{app,bench,docs,lib,labs,scripts}/**/*.test.ts"],
          exclude: ["**/*.integration.test.ts", "node_modules/**"],
          environment: "node",
          // A third of the time went into loading the same modules for each file anew.
          isolate: false,
          ...deadlines,
        },
      },
      {
        ...shared,
        test: {
          name: "integration",
          include: ["{lib,native,scripts}/**/*.integration.test.ts"],
          environment: "node",
          globalSetup: "./scripts/integration-setup.ts",
          fileParallelism: false,
          ...deadlines,
          // Each look is a kubectl or a curl of its own, which the machine should not be kept busy with.
          expect: { poll: { ...deadlines.expect.poll, interval: 300 } },
          testTimeout: 180_000,
        },
      },
    ],
  },
});
