import { expect } from "@playwright/test";
import { labTitle } from "./explore-environment";
import { instance } from "./instance";
import { signIn } from "./sign-in";
import { Terminal } from "./terminal";
import { test } from "./test";
import { startLab, submit } from "./workspace";

/** Where browsers give pages no clipboard API: plain http that is not this host's own. See playwright.config.ts. */
const plainHttp = `http://school.test:${instance.port}`;

for (const [where, origin] of [
  ["", ""],
  [" in a page of plain http", plainHttp],
] as const)
  test(`text is copied from the terminal${where}`, async ({ browser }) => {
    const page = await signIn(browser, "student", origin);
    if (origin === "") await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    expect(await page.evaluate(() => "clipboard" in navigator)).toBe(origin === "");
    await startLab(page, labTitle);
    const terminal = new Terminal(page);
    await terminal.ready();
    await terminal.run("echo one-word another-word");
    const item = (name: string) => page.getByRole("menuitem", { name: new RegExp(`^${name}`) });
    const openMenu = async () => {
      await page.mouse.click(...(await terminal.placeOf("root@")), { button: "right" });
      await expect(item("Copy")).toBeVisible();
    };

    await test.step("with nothing selected there is nothing to copy, and that is said", async () => {
      await terminal.press("Control+Shift+C");
      await expect(page.getByText(/^Nothing is selected/)).toBeVisible();
      await openMenu();
      await expect(item("Copy")).toBeDisabled();
      await page.keyboard.press("Escape");
      await expect(item("Copy")).toBeHidden();
    });

    await test.step("a word by the key", async () => {
      await page.mouse.dblclick(...(await terminal.placeOf("one-word")));
      await terminal.press("Control+Shift+C");
      expect(await terminal.pasted()).toBe("one-word");
    });

    await test.step("the same word again by the menu", async () => {
      await terminal.run("echo one-word another-word");
      await page.mouse.dblclick(...(await terminal.placeOf("another-word")));
      await openMenu();
      await item("Copy").click();
      expect(await terminal.pasted()).toBe("another-word");
    });

    // What follows is the same with and without a clipboard API.
    if (origin !== "") return submit(page);

    await test.step("everything by the menu alone", async () => {
      await terminal.run("echo first-line; seq 8; echo last-line");
      await openMenu();
      await item("Select all").click();
      await expect(item("Copy")).toBeHidden();
      await openMenu();
      await item("Copy").click();
      await terminal.press("Control+Shift+V");
      const dialog = page.getByRole("dialog", { name: /^Paste \d+ lines/ });
      await expect(dialog.getByLabel("Text to paste")).toContainText("first-line\n1\n2");
      await dialog.getByRole("button", { name: "Cancel" }).click();
    });

    await test.step("what is selected stays selected in another size, with the search bar and without", async () => {
      await terminal.run("echo one-word another-word");
      const height = (await terminal.rows()).length;
      await page.mouse.dblclick(...(await terminal.placeOf("another-word")));
      await page.setViewportSize({ width: 1200, height: 700 });
      await expect.poll(async () => (await terminal.rows()).length).toBeLessThan(height);
      await terminal.press("Control+Shift+F");
      const search = page.getByRole("searchbox", { name: "Search in the terminal" });
      await expect(search).toBeFocused();
      await search.press("Escape");
      await page.setViewportSize({ width: 1440, height: 900 });
      await expect.poll(async () => (await terminal.rows()).length).toBe(height);
      await terminal.press("Control+Shift+C");
      expect(await terminal.pasted()).toBe("another-word");
    });
  });
