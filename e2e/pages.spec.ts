import AxeBuilder from "@axe-core/playwright";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, type Locator, type Page } from "@playwright/test";
import { projectRoot } from "@/lib/core/paths";
import { labTitle } from "./explore-environment";
import { pagesOfApp } from "./routes-of-app";
import { signIn } from "./sign-in";
import { Terminal } from "./terminal";
import { test } from "./test";
import { giveUpLeft, startFresh, submit } from "./workspace";

const sizes = [
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
];

interface Look {
  size: { width: number; height: number };
  colorScheme: "light" | "dark";
}
const everyLook: Look[] = sizes.flatMap((size) =>
  (["light", "dark"] as const).map((colorScheme) => ({ size, colorScheme })),
);
/** Both sizes and both themes, each once: for what opens on a page that is seen in all of them. */
const fewLooks: Look[] = [everyLook[0]!, everyLook[3]!];

/** Nothing that axe finds, nothing wider than the screen; and a screenshot to look at. */
async function inspect(page: Page, name: string, looks = everyLook): Promise<void> {
  for (const { size, colorScheme } of looks) {
    await page.setViewportSize(size);
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await atRest(page, colorScheme);
    const where = `${name} at ${size.width}x${size.height}, ${colorScheme}`;
    // Without frames to gather from: a page opened and closed for each look costs more than the look.
    const axe = new AxeBuilder({ page }).setLegacyMode().options({ resultTypes: ["violations"] });
    const { violations } = await axe.analyze();
    expect(
      violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}\n${nodes[0]?.failureSummary}`),
      where,
    ).toEqual([]);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(overflow, `${where}: wider than the screen`).toBeLessThanOrEqual(0);
    await page.screenshot({ path: `test-results/pages/${name}-${size.width}-${colorScheme}.png` });
  }
  await page.setViewportSize(sizes[0]!);
}

/** Waits until the page wears the theme and nothing on it still moves or fades: half a fade has half its contrast. */
async function atRest(page: Page, theme: "light" | "dark"): Promise<void> {
  await page.waitForFunction(
    (dark) =>
      document.documentElement.classList.contains("dark") === dark &&
      document.getAnimations().every(({ playState }) => playState !== "running"),
    theme === "dark",
  );
}

/** Every page of app/, in the order visited below. A page that is added and not named here fails the first test. */
const visited = {
  "/sign-in": "sign-in",
  "/": "practice-tests",
  "/attempts/[attemptId]": "workspace",
  "/attempts/[attemptId]/browser": "browser",
  "/attempts/[attemptId]/result": "result",
  "/history": "history",
  "/account": "account",
  "/admin/labs": "labs",
  "/admin/labs/[labId]": "lab",
  "/admin/users": "users",
  "/grading": "grading",
  "/grading/[attemptId]": "grading-attempt",
};
type VisitedPage = keyof typeof visited;

test("every page of the product is visited here", () => {
  expect(Object.keys(visited).sort()).toEqual(pagesOfApp().sort());
  const source = readFileSync(join(projectRoot, "e2e/pages.spec.ts"), "utf8");
  for (const path of Object.keys(visited))
    expect(source, path).toMatch(new RegExp(`(see|open)\\(.*"${path.replace(/[[\]]/g, "\\$&")}"\\)`));
});

const see = (page: Page, path: VisitedPage) => inspect(page, visited[path]);

/** Opens a dialog or menu, looks at it, and closes it with Escape: the focus is back on what opened it. */
async function inspectOpened(page: Page, name: string, opener: Locator): Promise<void> {
  await opener.focus();
  await page.keyboard.press("Enter");
  const opened = page.getByRole("dialog").or(page.getByRole("menu"));
  await expect(opened.first()).toBeVisible();
  await inspect(page, name, fewLooks);
  await page.keyboard.press("Escape");
  await expect(opened).toHaveCount(0);
  await expect(opener).toBeFocused();
}

test("the pages of a student are accessible in every size and theme", async ({ browser, page }) => {
  test.setTimeout(600_000);
  await page.goto("/sign-in");
  await see(page, "/sign-in");
  const student = await signIn(browser, "student2");
  await expect(student.getByRole("heading", { name: labTitle })).toBeVisible();
  await see(student, "/");
  await inspectOpened(student, "user-menu", student.getByRole("button", { name: /^Menu of/ }));
  await student.goto("/nothing-here");
  await expect(student.getByRole("heading", { name: "There is nothing at this address" })).toBeVisible();
  await inspect(student, "not-found");
  await student.goto("/account");
  await expect(student.getByRole("heading", { level: 1 })).toBeVisible();
  await see(student, "/account");

  await startFresh(student, labTitle);
  await new Terminal(student).ready();
  await see(student, "/attempts/[attemptId]");
  for (const [name, label] of Object.entries({
    "submit-dialog": "Submit",
    "reset-dialog": "Reset the lab to its start",
    "shortcuts-dialog": "Keyboard shortcuts",
    "terminal-menu": "Terminal options",
  }))
    await inspectOpened(student, name, student.getByRole("button", { name: label, exact: true }));
  const workspace = student.url();
  await student.goto(`${workspace}/browser?node=controlplane&scheme=http&port=9&path=/`);
  await expect(
    student.frameLocator("iframe").getByRole("heading", { name: /Nothing answers/ }),
  ).toBeVisible();
  await see(student, "/attempts/[attemptId]/browser");
  await student.goto(workspace);
  await submit(student);
  await expect(student.getByText("%").first()).toBeVisible({ timeout: 60_000 });
  await see(student, "/attempts/[attemptId]/result");
  await student.goto("/history");
  await see(student, "/history");
});

test("the start of a lab is told in words, step by step, and is accessible", async ({ browser }) => {
  test.setTimeout(300_000);
  const student = await signIn(browser, "student2");
  await giveUpLeft(student, labTitle);
  // The page asks for news and gets none: it stays as it was when the attempt was made.
  let hold = true;
  await student.route(/\/api\/attempts\/[^/]+\/start/, (route) => (hold ? undefined : route.continue()));
  const card = student
    .getByRole("listitem")
    .filter({ has: student.getByRole("heading", { name: labTitle }) });
  await card.getByRole("button", { name: /practice/i }).click();
  await expect(student.getByRole("heading", { name: "Your cluster is getting ready" })).toBeVisible();
  const steps = student.getByRole("list").getByRole("listitem");
  await expect(steps).toContainText([
    "Creating the nodes and their network",
    "Starting the control plane",
    "Joining the nodes to the cluster",
    "Installing network, DNS and kube-proxy",
    "Preparing the exercises",
    "Waiting until everything answers",
  ]);
  for (const step of await steps.allInnerTexts()) expect(step).toMatch(/: (waiting|running|done)/);
  await inspect(student, "start-screen");

  hold = false;
  await student.unroute(/\/api\/attempts\/[^/]+\/start/);
  await student.reload();
  await expect(student.getByRole("navigation", { name: "Questions" })).toBeVisible({ timeout: 60_000 });
  const attemptPath = new URL(student.url()).pathname;
  await student.request.post(`/api${attemptPath}/abandon`, {
    data: {},
    headers: { origin: new URL(student.url()).origin },
  });
  await student.reload();
  await expect(student.getByRole("heading", { name: "You gave this attempt up" })).toBeVisible();
  await inspect(student, "given-up");
});

test("the pages of admins and graders are accessible in every size and theme", async ({ browser }) => {
  test.setTimeout(600_000);
  const admin = await signIn(browser, "admin");
  const open = async (page: Page, address: string, path: VisitedPage) => {
    await page.goto(address);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await see(page, path);
  };
  await open(admin, "/admin/labs", "/admin/labs");
  await open(admin, "/admin/labs/explore-environment", "/admin/labs/[labId]");
  await open(admin, "/admin/users", "/admin/users");
  await inspectOpened(admin, "new-user-dialog", admin.getByRole("button", { name: "Add a person" }));
  const account = admin.getByRole("button", { name: "Actions for student", exact: true });
  await inspectOpened(admin, "account-menu", account);

  await account.focus();
  await admin.keyboard.press("Enter");
  await admin.getByRole("menuitem", { name: "Change the role" }).press("Enter");
  await inspect(admin, "role-dialog", fewLooks);
  await admin.keyboard.press("Escape");
  await expect(account).toBeFocused();

  const student = await signIn(browser, "student2");
  const attemptId = await startFresh(student, labTitle);
  await new Terminal(student).ready();
  await submit(student);
  await expect(student.getByText("%").first()).toBeVisible({ timeout: 60_000 });
  const grader = await signIn(browser, "grader");
  await open(grader, "/grading", "/grading");
  await open(grader, `/grading/${attemptId}`, "/grading/[attemptId]");
  const first = grader.getByRole("tabpanel", { name: "Answers" }).locator("details").first();
  // What was not right is open already.
  await first.evaluate((details) => ((details as HTMLDetailsElement).open = true));
  await inspectOpened(grader, "override-dialog", first.getByRole("button", { name: "Change the points" }));
  for (const tab of ["Terminals", "Values and guards"]) {
    await grader.getByRole("tab", { name: tab }).click();
    await expect(grader.getByRole("tabpanel", { name: tab })).toBeVisible();
    await inspect(grader, `grading-${tab.toLowerCase().replaceAll(" ", "-")}`);
  }
});
