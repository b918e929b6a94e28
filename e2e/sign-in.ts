import { expect, type Browser, type BrowserContext, type Page } from "@playwright/test";
import { demoPassword } from "./instance";

type State = Awaited<ReturnType<BrowserContext["storageState"]>>;
/** What the browsers of those who have signed in once have kept. */
const states = new Map<string, State>();

/** A page of a person of their own, signed in: by the form the first time. Screen reader mode is on: the terminal's text is in the page. */
export async function signIn(browser: Browser, username: string, origin = ""): Promise<Page> {
  const key = `${username} ${origin}`;
  const state = states.get(key);
  const context = await browser.newContext({ storageState: state });
  await context.addInitScript(() =>
    localStorage.setItem("examctl.terminal", JSON.stringify({ screenReader: true })),
  );
  const page = await context.newPage();
  await page.goto(`${origin}/`);
  if (!state) {
    await page.getByLabel("User name").fill(username);
    await page.getByLabel("Password", { exact: true }).fill(demoPassword);
    await page.getByRole("button", { name: "Sign in" }).click();
  }
  await expect(page.getByRole("navigation").first()).toBeVisible();
  states.set(key, await context.storageState());
  return page;
}
