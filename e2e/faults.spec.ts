import { expect, test } from "@playwright/test";
import { labTitle } from "./explore-environment";
import { killAndWait } from "./processes";
import { signIn } from "./sign-in";
import { Terminal } from "./terminal";
import { answer, goTo, startLab, submit } from "./workspace";

test("kill -9 of each process during an attempt: same shell, same screen of vim, same answers", async ({
  browser,
}) => {
  test.setTimeout(600_000);
  const page = await signIn(browser, "student");
  await startLab(page, labTitle);
  const terminal = new Terminal(page);
  await terminal.ready();
  await answer(page, "How large is this cluster?", "2");
  await expect(page.getByRole("status").filter({ hasText: "Saved" })).toBeVisible();
  await terminal.run("marker=kept-by-the-shell");
  await terminal.type("vim /root/notes.txt\n");
  await terminal.type("ifirst line");
  await expect.poll(() => terminal.rows()).toContain("first line");
  const screen = await terminal.rows();

  for (const name of ["web", "terminald", "labd", "clusterd"])
    await test.step(`${name} is killed`, async () => {
      await killAndWait(name);
      await expect.poll(() => terminal.rows(), { timeout: 30_000 }).toEqual(screen);
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
      .toMatch(/^first line!+$/);
    await terminal.press("Escape");
    await terminal.type(":wq\n");
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
