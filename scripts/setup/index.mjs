import { becomeRoot, machineStep, packagesStep } from "./machine.mjs";
import { nativeDaemonStep, nativeModulesStep, npmStep } from "./packages.mjs";
import { bundleStep, prismaStep, webStep } from "./build.mjs";
import { openapiStep } from "./generate.mjs";
import { runSteps } from "./step.mjs";

/**
 * Everything between a fresh clone and programs that can start. Needs only Node's own modules, since nothing is
 * installed yet. `withTests` adds what only tests need.
 */
export async function setUp({ withTests = false, quiet = false } = {}) {
  becomeRoot();
  await runSteps(
    [
      machineStep,
      packagesStep({ withTests }),
      npmStep,
      nativeModulesStep,
      nativeDaemonStep,
      prismaStep,
      openapiStep,
      bundleStep,
      webStep,
    ],
    { quiet },
  );
}
