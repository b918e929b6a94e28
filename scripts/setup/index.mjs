import { becomeRoot, machineStep, packagesStep } from "./machine.mjs";
import { isSetUp, nativeDaemonStep, nativeModulesStep, npmStep } from "./packages.mjs";
import { bundleStep, fileSystemsStep, prismaStep, webStep } from "./build.mjs";
import { openapiStep } from "./generate.mjs";
import { runSteps } from "./step.mjs";

/**
 * Everything between a fresh clone and programs that can start. Needs only Node's own modules, since nothing is
 * installed yet. `withTests` adds what only tests need. A first set-up takes minutes, most of them for compiling and for
 * the file systems of nodes and images: with `withFileSystems` these are made for `dataDir` (undefined: the one of the
 * environment) by the command line as soon as there is one, and `fileSystems` settles when they are there.
 * @returns {Promise<{ fileSystems: Promise<void> }>}
 */
export async function setUp({ withTests = false, quiet = false, withFileSystems = false, dataDir } = {}) {
  becomeRoot();
  const isFirst = !isSetUp();
  await runSteps(
    [
      ...[machineStep, packagesStep({ withTests }), npmStep, nativeDaemonStep],
      ...[prismaStep, openapiStep, bundleStep],
    ],
    { quiet },
  );
  const fileSystems =
    withFileSystems && isFirst ? runSteps([fileSystemsStep(dataDir)], { quiet }) : Promise.resolve();
  try {
    await runSteps([nativeModulesStep, webStep], { quiet });
  } catch (failure) {
    await fileSystems.catch(() => undefined); // has told so itself
    throw failure;
  }
  fileSystems.catch(() => undefined); // for the caller, who may come to it later
  return { fileSystems };
}
