import AxeBuilder from "@axe-core/playwright";
import { expect, test, type Page } from "@playwright/test";
import { labTitle } from "./explore-environment";
import { signIn } from "./sign-in";
import { Terminal } from "./terminal";
import { startLab, submit } from "./workspace";

const sizes = [
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
];

/** In both sizes and both themes: nothing that axe finds, nothing wider than the screen, no error in the console. */
async function inspect(page: Page, name: string): Promise<void> {
  for (const size of sizes)
    for (const colorScheme of ["light", "dark"] as const) {
      await page.setViewportSize(size);
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await atRest(page, colorScheme);
      const where = `${name} at ${size.width}x${size.height}, ${colorScheme}`;
      const { violations } = await new AxeBuilder({ page }).analyze();
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

test("the pages of a student are accessible in every size and theme", async ({ browser, page }) => {
  test.setTimeout(600_000);
  await page.goto("/sign-in");
  await inspect(page, "sign-in");
  const student = await signIn(browser, "student2");
  await expect(student.getByRole("heading", { name: labTitle })).toBeVisible();
  await inspect(student, "practice-tests");
  await startLab(student, labTitle);
  await new Terminal(student).ready();
  await inspect(student, "workspace");
  await submit(student);
  await expect(student.getByText("%").first()).toBeVisible({ timeout: 60_000 });
  await inspect(student, "result");
  await student.goto("/history");
  await inspect(student, "history");
});

test("the pages of admins and graders are accessible in every size and theme", async ({ browser }) => {
  test.setTimeout(600_000);
  const admin = await signIn(browser, "admin");
  for (const [name, path] of Object.entries({
    labs: "/admin/labs",
    lab: "/admin/labs/explore-environment",
    users: "/admin/users",
  })) {
    await admin.goto(path);
    await expect(admin.getByRole("heading", { level: 1 })).toBeVisible();
    await inspect(admin, name);
  }
  const grader = await signIn(browser, "grader");
  await grader.goto("/grading");
  await expect(grader.getByRole("heading", { level: 1 })).toBeVisible();
  await inspect(grader, "grading");
});
