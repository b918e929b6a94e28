import { expect, type Page } from "@playwright/test";
import { shortId } from "@/app/_ui/format";
import { labTitle } from "./explore-environment";
import { demoPassword } from "./instance";
import { signIn } from "./sign-in";
import { Terminal } from "./terminal";
import { test } from "./test";
import { answer, goTo, startLab, submit } from "./workspace";

const question = "How large is this cluster?";
const questionFile = "node-count.md";

test("an admin's new version is for new attempts; a running one keeps its own", async ({ browser }, info) => {
  test.setTimeout(480_000);
  // A second attempt may find what the first has published.
  const newWords = `Count every machine, attempt ${info.retry + 1}.`;
  const student = await signIn(browser, "student");
  await startLab(student, labTitle);
  await goTo(student, question);
  const panel = student.getByRole("region", { name: /^Question \d+ of/ });
  const before = await panel.innerText();
  expect(before).not.toContain(newWords);

  const admin = await signIn(browser, "admin");
  await admin.getByRole("link", { name: "Labs", exact: true }).click();
  await admin.getByRole("link", { name: labTitle }).click();
  await editTop(admin, questionFile, `${newWords} `);

  await test.step("a mistake is told with its place", async () => {
    await editTop(admin, "lab.yaml", "- broken\n");
    await admin.getByRole("button", { name: "Validate as a new version" }).click();
    await expect(admin.getByRole("heading", { name: /^\d+ problems?$/ })).toBeVisible();
    const problem = admin.getByRole("button", { name: /^lab\.yaml:\d+/ }).first();
    await expect(problem).toHaveText(/[a-z]+ [a-z]+ [a-z]+/);
    await problem.click();
    await expect(admin.getByLabel("Text of lab.yaml")).toBeFocused();
    await admin.keyboard.press("Control+Home");
    await admin.keyboard.press("Shift+ArrowDown");
    await admin.keyboard.press("Backspace");
    await expect(admin.getByText("1 file changed.")).toBeVisible();
  });

  await test.step("it is validated in real clusters and published", async () => {
    await admin.getByRole("button", { name: "Validate as a new version" }).click();
    const publish = admin.getByRole("button", { name: /^Publish v\d+$/ });
    await expect(publish).toBeEnabled({ timeout: 360_000 });
    await publish.click();
    await expect(admin.getByText(/is what new attempts get now/)).toBeVisible();
  });

  await test.step("the running attempt has its old words, a new one the new words", async () => {
    await student.reload();
    await goTo(student, question);
    expect(await panel.innerText()).toBe(before);
    await submit(student);
    const other = await signIn(browser, "student2");
    await startLab(other, labTitle);
    await goTo(other, question);
    await expect(other.getByRole("region", { name: /^Question \d+ of/ })).toContainText(newWords);
    await submit(other);
  });
});

test("a draft whose walk fails says why and cannot be published, not even past the button", async ({
  browser,
}) => {
  test.setTimeout(240_000);
  const admin = await signIn(browser, "admin");
  await admin.goto("/admin/labs/explore-environment");
  await editTop(admin, "solution.sh", "exit 0\n");
  const drafted = admin.waitForResponse(/\/api\/admin\/labs\/explore-environment\/drafts$/);
  await admin.getByRole("button", { name: "Validate as a new version" }).click();
  const { versionId } = (await (await drafted).json()) as { versionId: string };
  const failed = admin.getByRole("listitem").filter({ has: admin.getByLabel("Failed") });
  await expect(failed.first()).toContainText(/solution/i, { timeout: 180_000 });
  await expect(admin.getByRole("button", { name: /^Publish/ })).toBeDisabled();
  const refused = await admin.request.post(`/api/admin/versions/${versionId}/publish`, {
    data: {},
    headers: { origin: new URL(admin.url()).origin },
  });
  expect(refused.status()).toBe(409);
  expect(await refused.text()).toContain("has not passed its validation");
});

test("an admin adds a person, who signs in, and disables them: their open page is refused at once", async ({
  browser,
}) => {
  const username = `newcomer-${Date.now()}`;
  const admin = await signIn(browser, "admin");
  await admin.getByRole("link", { name: "People" }).click();
  await admin.getByRole("button", { name: "Add a person" }).click();
  const form = admin.getByRole("dialog");
  await form.getByLabel("Name", { exact: true }).fill("Nora Newcomer");
  await form.getByLabel("User name").fill(username);
  await form.getByLabel("First password").fill(demoPassword);
  await form.getByRole("button", { name: "Add", exact: true }).click();
  await expect(admin.getByText(`${username} can sign in now.`)).toBeVisible();

  const newcomer = await signIn(browser, username);
  await expect(newcomer.getByRole("heading", { name: labTitle })).toBeVisible();
  const sessions = "/api/terminal/sessions?attemptId=none";
  expect((await newcomer.request.get(sessions)).status()).toBe(404);

  await admin.getByRole("button", { name: `Actions for ${username}` }).click();
  await admin.getByRole("menuitem", { name: "Disable" }).click();
  await admin.getByRole("dialog").getByRole("button", { name: "Disable" }).click();
  await expect(admin.getByText(`${username} is disabled.`)).toBeVisible();

  expect((await newcomer.request.get(sessions)).status()).toBe(401);
  await newcomer.getByRole("link", { name: "My attempts" }).click();
  await newcomer.waitForURL(/\/sign-in$/);
  await newcomer.getByLabel("User name").fill(username);
  await newcomer.getByLabel("Password", { exact: true }).fill(demoPassword);
  await newcomer.getByRole("button", { name: "Sign in" }).click();
  await expect(newcomer.getByRole("alert").filter({ hasText: /\w/ }).first()).toBeVisible();
});

test("a grader finds an attempt, sees evidence, replays the terminal and changes the score", async ({
  browser,
}) => {
  test.setTimeout(300_000);
  const student = await signIn(browser, "student2");
  const attemptId = await startLab(student, labTitle);
  const terminal = new Terminal(student);
  await terminal.ready();
  await terminal.run("echo seen-by-the-grader");
  await answer(student, question, "2");
  await expect(student.getByRole("status").filter({ hasText: "Saved" })).toBeVisible();
  await submit(student);
  await expect(student.getByText("%").first()).toBeVisible({ timeout: 120_000 });

  const grader = await signIn(browser, "grader");
  await test.step("search finds it by student and by number", async () => {
    await grader.getByRole("link", { name: "Grading" }).click();
    for (const words of ["student2", shortId(attemptId)]) {
      await grader.getByRole("searchbox", { name: "Search attempts" }).fill(words);
      await grader.getByRole("button", { name: "Search" }).click();
      await expect(grader).toHaveURL(new RegExp(`search=${encodeURIComponent(words)}`));
      await expect(grader.getByRole("link", { name: shortId(attemptId) })).toBeVisible();
    }
    await grader.getByRole("link", { name: shortId(attemptId) }).click();
    await grader.waitForURL(`/grading/${attemptId}`);
  });

  const questions = grader.getByRole("tabpanel", { name: "Answers" }).locator("details");
  await test.step("answer and evidence are there", async () => {
    const right = questions.filter({ hasText: question });
    await right.locator("summary").click();
    await expect(right.getByRole("definition").first()).toHaveText("2");
    const evidence = right.getByRole("region", { name: `Evidence: ${question}` });
    await expect(evidence.getByLabel("As expected").first()).toBeVisible();
  });

  await test.step("the terminal is replayed", async () => {
    await grader.getByRole("tab", { name: "Terminals" }).click();
    await grader.locator(".ap-overlay-start, .ap-playback-button").first().click();
    await expect(grader.locator(".ap-player")).toContainText("seen-by-the-grader", { timeout: 120_000 });
  });

  await test.step("the score is changed with a reason, and the former one stays", async () => {
    await grader.getByRole("tab", { name: "Answers" }).click();
    const wrong = questions.filter({ hasText: "The way out" });
    await wrong.getByRole("button", { name: "Change the points" }).click();
    const dialog = grader.getByRole("dialog");
    await dialog.getByLabel(/^Points/).fill("1");
    await dialog.getByLabel("Reason").fill("Said it aloud in class");
    await dialog.getByRole("button", { name: "Save" }).click();
    await expect(dialog).toBeHidden();
    await grader.getByRole("tab", { name: "History" }).click();
    const history = grader.getByRole("region", { name: "History of the score" }).getByRole("listitem");
    await expect(history).toHaveCount(2);
    await expect(history.first()).toContainText("The way out: Said it aloud in class");
    await expect(history.last()).toContainText("Graded by its checks");
  });

  await test.step("the student reads the reason, and has no way into the staff's pages", async () => {
    await student.reload();
    await expect(student.getByText("Said it aloud in class")).toBeVisible();
    for (const path of ["/grading", `/grading/${attemptId}`, "/admin/labs", "/admin/users"]) {
      await student.goto(path);
      await expect(student.getByRole("heading", { name: "There is nothing at this address" })).toBeVisible();
    }
    expect((await student.request.get("/api/admin/versions/none")).status()).toBe(403);
  });
});

/** Opens a file of the lab in the editor and puts text at its beginning. */
async function editTop(page: Page, file: string, text: string): Promise<void> {
  await page
    .getByRole("navigation", { name: "Files of the lab" })
    .getByRole("button", { name: new RegExp(`^${file.replace(".", "\\.")}`) })
    .click();
  const editor = page.getByLabel(new RegExp(`^Text of (questions/)?${file.replace(".", "\\.")}$`));
  await editor.click();
  await page.keyboard.press("Control+Home");
  await page.keyboard.insertText(text);
}
