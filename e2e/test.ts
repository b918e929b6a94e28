import { test as base } from "@playwright/test";

/** Playwright's `test`; people whose pages a test opened leave with it: a terminal that nobody looks at is drawn all the same. */
export const test = base.extend<{ everybodyLeaves: void }>({
  everybodyLeaves: [
    async ({ browser }, use) => {
      await use();
      await Promise.all(browser.contexts().map((context) => context.close()));
    },
    { auto: true },
  ],
});
