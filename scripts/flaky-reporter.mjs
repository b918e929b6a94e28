import { writeFileSync } from "node:fs";

/**
 * A vitest reporter: writes the names of tests that failed and then passed, as a JSON list, into the file that
 * EXAMCTL_FLAKY_REPORT names. The JSON report says nothing of them.
 */
export default class FlakyReporter {
  #names = [];

  onTestCaseResult(test) {
    const diagnostic = test.diagnostic();
    if (diagnostic?.flaky) this.#names.push(`${test.module.relativeModuleId} > ${test.fullName}`);
  }

  onTestRunEnd() {
    if (process.env.EXAMCTL_FLAKY_REPORT)
      writeFileSync(process.env.EXAMCTL_FLAKY_REPORT, JSON.stringify(this.#names));
  }
}
