import { expect } from "@playwright/test";
import { labTitle } from "./explore-environment";
import { withInstanceDatabase } from "./instance";
import { killAndWait, pauseProcess, pidOf } from "./processes";
import { signIn } from "./sign-in";
import { Terminal } from "./terminal";
import { test } from "./test";
import { answer, goTo, startFresh, startLab, submit } from "./workspace";

test("kill -9 of each process during an attempt: same shell, same screen of vim, same answers", async ({
  browser,
}) => {
  test.setTimeout(600_000);
  const page = await signIn(browser, "student");
  await startFresh(page, labTitle);
  const terminal = new Terminal(page);
  await terminal.ready();
  await answer(page, "How large is this cluster?", "2");
  await expect(page.getByRole("status").filter({ hasText: "Saved" })).toBeVisible();
  await terminal.run("marker=kept-by-the-shell");
  await terminal.type("vim /root/notes.txt\n");
  // What is typed before vim is there, the terminal echoes beside it.
  await expect.poll(() => terminal.rows()).toContain("~");
  await terminal.type("ifirst line");
  await expect.poll(() => terminal.rows()).toContain("first line");
  const screen = await terminal.rows();

  for (const name of ["web", "terminald", "labd", "clusterd"])
    await test.step(`${name} is killed`, async () => {
      await killAndWait(name);
      // What the browser shows may be from before the kill: a new page has nothing but what the server gives it.
      await page.reload();
      await expect.poll(() => terminal.rows(), { timeout: 60_000 }).toEqual(screen);
      await expect(page.getByText(/Connection lost|restarting|Connecting to the shell/)).toBeHidden();
    });

  await test.step("the page that was open when web was killed comes back by itself", async () => {
    await killAndWait("web");
    // A key that comes back as a letter has been through the new process.
    await expect
      .poll(
        async () => {
          await terminal.type("?");
          return (await terminal.rows())[0];
        },
        { timeout: 60_000 },
      )
      .toMatch(/^first line\?+$/);
  });

  await test.step("typing goes on in the same vim", async () => {
    await expect
      .poll(
        async () => {
          await terminal.type("!");
          return (await terminal.rows())[0];
        },
        { timeout: 30_000 },
      )
      .toMatch(/^first line\?+!+$/);
    await terminal.press("Escape");
    await terminal.type(":wq\n");
    await terminal.ready();
    expect(await terminal.read("echo $marker")).toBe("kept-by-the-shell");
    expect(await terminal.read("head -c 10 /root/notes.txt; echo")).toBe("first line");
  });

  await test.step("the cluster is as it was", async () => {
    await expect
      .poll(() => terminal.run("kubectl get nodes --no-headers | awk '{print $2}' | sort | uniq -c"), {
        timeout: 60_000,
      })
      .toEqual([expect.stringMatching(/^\s*2 Ready$/)]);
  });

  await test.step("a reload shows the same answers and the same screen", async () => {
    await page.reload();
    await goTo(page, "How large is this cluster?");
    await expect(page.getByRole("radio", { name: "2", exact: true })).toBeChecked();
    await terminal.ready();
  });
  await submit(page);
  await expect(page.getByText("How large is this cluster?").first()).toBeVisible({ timeout: 60_000 });
});

test("web is killed while it grades: the attempt is graded all the same", async ({ browser }) => {
  test.setTimeout(300_000);
  const page = await signIn(browser, "student2");
  const attemptId = await startLab(page, labTitle);
  await answer(page, "How large is this cluster?", "2");
  await expect(page.getByRole("status").filter({ hasText: "Saved" })).toBeVisible();
  // A clusterd that stands still keeps the grading under way until web is gone.
  const resume = await pauseProcess("clusterd");
  try {
    await submit(page);
    await expect.poll(() => stateOf(attemptId), { timeout: 30_000 }).toBe("GRADING");
    process.kill(await pidOf("web"), "SIGKILL");
  } finally {
    resume();
  }
  await expect.poll(() => stateOf(attemptId), { timeout: 120_000 }).toBe("GRADED");
  await expect(async () => {
    await page.reload();
    await expect(page.getByText("How large is this cluster?").first()).toBeVisible();
  }).toPass({ timeout: 60_000 });
});

function stateOf(attemptId: string): Promise<string> {
  return withInstanceDatabase(async (db) => {
    const { state } = await db.attempt.findUniqueOrThrow({ where: { id: attemptId } });
    return state;
  });
}
