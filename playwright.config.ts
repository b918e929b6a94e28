import { defineConfig } from "@playwright/test";

const launchArgs = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // A name that browsers do not trust as they trust this host's own: e2e/copy.spec.ts.
  "--host-resolver-rules=MAP school.test 127.0.0.1",
];
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const viewport = { width: 1440, height: 900 };
/** The terminal draws with WebGL, which without a graphics card takes a good part of a core: these specs look at it. */
const withWebGl = /(copy|terminal)\.spec\.ts$/;

/**
 * The product as a person uses it: e2e/instance.ts starts a whole examctl with a data folder of its own, and Debian's
 * chromium visits it; each worker has one. Two: a test waits for labs and pages more than it computes.
 */
export default defineConfig({
  testDir: "e2e",
  globalSetup: "./e2e/global-setup.ts",
  outputDir: "test-results/e2e",
  workers: 2,
  retries: process.env.CI ? 1 : 0,
  timeout: 240_000,
  expect: { timeout: 30_000 },
  reporter: [["list"], ["json", { outputFile: "test-results/e2e.json" }]],
  use: {
    actionTimeout: 30_000,
    // On CI a failed test runs again; recording every test slows all of them.
    trace: process.env.CI ? "on-first-retry" : "retain-on-failure",
    screenshot: "only-on-failure",
  },
  projects: [
    {
      name: "chromium",
      testIgnore: withWebGl,
      use: { viewport, launchOptions: { executablePath, args: [...launchArgs, "--disable-3d-apis"] } },
    },
    {
      name: "chromium-webgl",
      testMatch: withWebGl,
      use: { viewport, launchOptions: { executablePath, args: launchArgs } },
    },
  ],
});
