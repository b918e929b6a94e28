import { expect, type Page } from "@playwright/test";

/** Starts the practice test, or goes on with it, and waits until its workspace is there. Returns the attempt's id. */
export async function startLab(page: Page, title: string): Promise<string> {
  await page.goto(new URL("/", page.url()).href);
  const card = page.getByRole("listitem").filter({ has: page.getByRole("heading", { name: title }) });
  await card
    .getByRole("button", { name: /practice/i })
    .or(card.getByRole("link", { name: /continue/i }))
    .click();
  await page.waitForURL(/\/attempts\/[^/]+$/);
  await expect(page.getByRole("navigation", { name: "Questions" })).toBeVisible({ timeout: 60_000 });
  return new URL(page.url()).pathname.split("/").at(-1)!;
}

/** As `startLab`, with an attempt of its own. */
export async function startFresh(page: Page, title: string): Promise<string> {
  await giveUpLeft(page, title);
  return startLab(page, title);
}

/** Gives up an attempt that an earlier test left; then the practice test can be started. */
export async function giveUpLeft(page: Page, title: string): Promise<void> {
  await page.goto("/");
  const card = page.getByRole("listitem").filter({ has: page.getByRole("heading", { name: title }) });
  const left = card.getByRole("link", { name: /continue/i });
  await expect(left.or(card.getByRole("button", { name: /practice/i }))).toBeVisible();
  if (!(await left.isVisible())) return;
  await page.request.post(`/api${await left.getAttribute("href")}/abandon`, {
    data: {},
    headers: { origin: new URL(page.url()).origin },
  });
  await page.reload();
}

export async function goTo(page: Page, question: string): Promise<void> {
  await page
    .getByRole("navigation", { name: "Questions" })
    .getByRole("button", { name: new RegExp(`: ${escape(question)}`) })
    .click();
  await expect(page.getByRole("heading", { name: question })).toBeVisible();
}

/** Answers the question: types into its field, or takes the option with that text. */
export async function answer(page: Page, question: string, value: string): Promise<void> {
  await goTo(page, question);
  const field = page.getByLabel("Your answer");
  if (await field.isVisible()) await field.fill(value);
  else await page.getByRole("radio", { name: value, exact: true }).check();
}

/** Presses Check and returns the words of the feedback. */
export async function check(page: Page, question: string): Promise<string> {
  await goTo(page, question);
  await page.getByRole("button", { name: "Check", exact: true }).click();
  const panel = page.getByRole("region", { name: /^Question \d+ of/ });
  const feedback = panel.locator("[aria-live=polite]").first();
  await expect(feedback).not.toBeEmpty({ timeout: 30_000 });
  return feedback.innerText();
}

export async function submit(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Submit" }).first().click();
  await page.getByRole("dialog").getByRole("button", { name: "Submit" }).click();
  await page.waitForURL(/\/result$/, { timeout: 30_000 });
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
