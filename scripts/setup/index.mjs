import { becomeRoot, machineStep, packagesStep } from "./machine.mjs";
import { isSetUp, nativeDaemonStep, nativeModulesStep, npmStep } from "./packages.mjs";
import { bundleStep, fileSystemsStep, prismaStep, webStep } from "./build.mjs";
import { openapiStep } from "./generate.mjs";
import { runSteps, sideBySide } from "./step.mjs";

/**
 * Everything between a fresh clone and programs that can start. Needs only Node's own modules, since nothing is
 * installed yet. `withTests` adds what only tests need. A first set-up takes minutes, most of them for compiling and for
 * the file systems of nodes and images: where the caller goes on to build these for `dataDir` (undefined: the one of the
 * environment) with the command line, `withFileSystems` has that done meanwhile.
 */
export async function setUp({ withTests = false, quiet = false, withFileSystems = false, dataDir } = {}) {
  becomeRoot();
  const isFirst = !isSetUp();
  await runSteps(
    [
      machineStep,
      packagesStep({ withTests }),
      npmStep,
      nativeDaemonStep,
      prismaStep,
      openapiStep,
      bundleStep,
      sideBySide([nativeModulesStep, webStep], withFileSystems && isFirst ? [fileSystemsStep(dataDir)] : []),
    ],
    { quiet },
  );
}
