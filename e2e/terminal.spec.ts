import { expect } from "@playwright/test";
import { labTitle } from "./explore-environment";
import { signIn } from "./sign-in";
import { Terminal } from "./terminal";
import { test } from "./test";
import { startFresh, submit } from "./workspace";

test("the terminal: prompt, completion, tabs, search and paste", async ({ browser }) => {
  test.setTimeout(240_000);
  const page = await signIn(browser, "student");
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await startFresh(page, labTitle);
  const terminal = new Terminal(page);
  await terminal.ready();
  const tabs = page.getByRole("tablist", { name: "Terminals" }).getByRole("tab");
  const row = (pattern: RegExp) =>
    expect.poll(() => terminal.rows(), { timeout: 30_000 }).toContainEqual(expect.stringMatching(pattern));

  await test.step("the prompt says who and where", async () => {
    await row(/^root@controlplane:~#$/);
    await terminal.run("cd /etc/kubernetes");
    await row(/^root@controlplane:\/etc\/kubernetes#$/);
    await terminal.run("cd");
    await terminal.type("ssh node01\n");
    await row(/^root@node01:~#$/);
    await terminal.type("exit\n");
    await row(/^Connection to node01 closed\.|^root@controlplane:~#$/);
    await terminal.run("true");
  });

  await test.step("kubectl and its short name complete", async () => {
    await terminal.type("kubectl descr");
    await terminal.press("Tab");
    await row(/# kubectl describe$/);
    await terminal.press("Control+u");
    await terminal.type("k get nod");
    await terminal.press("Tab");
    await row(/# k get node/);
    await terminal.press("Control+u");
    await terminal.run("true");
  });

  await test.step("search finds what has scrolled away, and says when there is nothing", async () => {
    await terminal.type("clear; echo needle-in-the-hay; seq 1 200\n");
    await row(/^200$/);
    const rows = await terminal.rows();
    expect(rows.join("\n")).not.toContain("needle-in-the-hay");
    await terminal.press("Control+Shift+F");
    const search = page.getByRole("searchbox", { name: "Search in the terminal" });
    await search.fill("needle-in-the");
    // The bar takes its room from the terminal a moment later: what was found at the very top stays in view.
    await expect.poll(async () => (await terminal.rows()).length).toBeLessThan(rows.length);
    await row(/^needle-in-the-hay/);
    await search.fill("no such words");
    await expect(page.getByRole("search").getByRole("status")).toHaveText("Not found");
    await search.press("Escape");
    await expect(search).toBeHidden();
  });

  await test.step("paste asks before it runs many lines, and pastes what was said", async () => {
    await terminal.run("true");
    await page.evaluate(() => navigator.clipboard.writeText("echo pasted-words"));
    await terminal.press("Control+Shift+V");
    await row(/# echo pasted-words$/);
    await terminal.press("Enter");
    await row(/^pasted-words$/);
    const lines = Array.from({ length: 8 }, (_, index) => `echo line-${index}`).join("\n");
    await page.evaluate((text) => navigator.clipboard.writeText(text), lines);
    await terminal.press("Control+Shift+V");
    const dialog = page.getByRole("dialog", { name: "Paste 8 lines?" });
    await expect(dialog).toBeVisible();
    await dialog.getByRole("button", { name: "Cancel" }).click();
    await expect(dialog).toBeHidden();
    expect((await terminal.rows()).join("\n")).not.toContain("line-7");
  });

  await test.step("a second tab is another shell; both are there after a reload, and one can be closed", async () => {
    await terminal.run("where=first");
    await page.getByRole("button", { name: "New terminal" }).click();
    await page.getByRole("menuitem", { name: "node01" }).click();
    await expect(tabs).toHaveCount(2);
    await row(/^root@node01:~#$/);
    expect(await terminal.read('echo "[$where]"')).toBe("[]");
    await page.reload();
    await expect(tabs).toHaveCount(2);
    await tabs.first().click();
    await row(/^root@controlplane:~#$/);
    expect(await terminal.read('echo "[$where]"')).toBe("[first]");
    await tabs.last().click();
    await tabs.last().press("Delete");
    await expect(tabs).toHaveCount(1);
  });
  await submit(page);
});
