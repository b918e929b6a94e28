import { expect, type Browser, type Page } from "@playwright/test";
import { demoPassword } from "./instance";

/** A page of a person of their own, signed in. Screen reader mode is on: the terminal's text is in the page. */
export async function signIn(browser: Browser, username: string, origin = ""): Promise<Page> {
  const context = await browser.newContext();
  await context.addInitScript(() =>
    localStorage.setItem("examctl.terminal", JSON.stringify({ screenReader: true })),
  );
  const page = await context.newPage();
  await page.goto(`${origin}/`);
  await page.getByLabel("User name").fill(username);
  await page.getByLabel("Password", { exact: true }).fill(demoPassword);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("navigation").first()).toBeVisible();
  return page;
}
