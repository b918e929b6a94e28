import { test as base } from "@playwright/test";
import { instance } from "./instance";

/** Playwright's `test` on the worker's own instance; people whose pages a test opened leave with it: a terminal that nobody looks at is drawn all the same. */
export const test = base.extend<{ everybodyLeaves: void }>({
  baseURL: instance.url,
  everybodyLeaves: [
    async ({ browser }, use) => {
      await use();
      await Promise.all(browser.contexts().map((context) => context.close()));
    },
    { auto: true },
  ],
});
