import { expect } from "@playwright/test";
import { labTitle } from "./explore-environment";
import { instance, withInstanceDatabase } from "./instance";
import { signIn } from "./sign-in";
import { Terminal } from "./terminal";
import { test } from "./test";
import { answer, goTo, startFresh, submit } from "./workspace";

const question = "How large is this cluster?";

test("time runs out: the page says so, leads to the grade, and nothing is taken any more", async ({
  browser,
}) => {
  test.setTimeout(240_000);
  const page = await signIn(browser, "student");
  const attemptId = await startFresh(page, labTitle);
  const terminal = new Terminal(page);
  await terminal.ready();
  await answer(page, question, "2");
  await expect(page.getByRole("status").filter({ hasText: "Saved" })).toBeVisible();
  await withInstanceDatabase((db) =>
    db.attempt.update({ where: { id: attemptId }, data: { deadlineAt: new Date(Date.now() + 15_000) } }),
  );
  await page.reload();
  await expect(page.getByRole("timer", { name: "Time left" })).toHaveText(/^(00:|0:)?0?0:\d\d$/);
  await expect(page.getByText(/Time is over/)).toBeVisible({ timeout: 60_000 });
  await page.waitForURL(/\/result$/, { timeout: 60_000 });
  await expect(page.getByText(question).first()).toBeVisible({ timeout: 60_000 });

  const headers = { origin: `http://127.0.0.1:${instance.port}` };
  const late = await page.request.put(`/api/attempts/${attemptId}/questions/node-count/answer`, {
    data: { value: "3" },
    headers,
  });
  expect(late.status()).toBe(409);
  const opened = await page.request.post("/api/terminal/sessions", {
    data: { attemptId, node: "controlplane" },
    headers,
  });
  expect(opened.status()).toBe(409);
});

test("the line is lost for a while: answers are kept and said to be, then the same shell with the same screen", async ({
  browser,
}) => {
  test.setTimeout(240_000);
  const page = await signIn(browser, "student2");
  await startFresh(page, labTitle);
  const terminal = new Terminal(page);
  await terminal.ready();
  await terminal.run("marker=kept-by-the-shell");
  await terminal.type("echo half-typed");
  await expect.poll(() => terminal.rows()).toContainEqual(expect.stringMatching(/# echo half-typed$/));
  const screen = await terminal.rows();

  await page.context().setOffline(true);
  await answer(page, question, "2");
  await expect(page.getByRole("status").filter({ hasText: "Not saved yet" })).toBeVisible();
  await page.context().setOffline(false);
  await expect(page.getByRole("status").filter({ hasText: "Saved" })).toBeVisible({ timeout: 30_000 });
  await page.reload();
  await goTo(page, question);
  await expect(page.getByRole("radio", { name: "2", exact: true })).toBeChecked();
  await expect.poll(() => terminal.rows(), { timeout: 60_000 }).toEqual(screen);
  await terminal.press("Control+u");
  expect(await terminal.read("echo $marker")).toBe("kept-by-the-shell");
  await submit(page);
});

test("the session ends while an answer is written: it is kept, and sent after signing in again", async ({
  browser,
}) => {
  test.setTimeout(240_000);
  const page = await signIn(browser, "student2");
  const attemptId = await startFresh(page, labTitle);
  await goTo(page, question);
  const cookies = await page.context().cookies();
  await page.context().clearCookies({ name: /session-token/ });
  await page.getByRole("radio", { name: "2", exact: true }).check();
  await page.waitForURL(/\/sign-in\?from=/, { timeout: 30_000 });
  await expect(page.getByText(/answers that were not saved are kept in this browser/)).toBeVisible();
  await page.context().addCookies(cookies);
  await page.reload();
  await page.waitForURL(`/attempts/${attemptId}`);
  await goTo(page, question);
  await expect(page.getByRole("radio", { name: "2", exact: true })).toBeChecked();
  await expect
    .poll(() => withInstanceDatabase((db) => db.answer.findMany({ where: { attemptId } })), {
      timeout: 30_000,
    })
    .toMatchObject([{ questionId: "node-count", value: "2" }]);
  await submit(page);
});

test("signing out leads to the sign-in page of the address that was used, not of the one configured", async ({
  browser,
}) => {
  const elsewhere = `http://localhost:${instance.port}`;
  const page = await signIn(browser, "student", elsewhere);
  expect(new URL(page.url()).origin).toBe(elsewhere);
  await page.getByRole("button", { name: /^Menu of/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.waitForURL(`${elsewhere}/sign-in`);
  await page.goto(`${elsewhere}/history`);
  await page.waitForURL(`${elsewhere}/sign-in`);
});
