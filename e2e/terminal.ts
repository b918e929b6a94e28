import { expect, type Page } from "@playwright/test";

/** The terminal of the workspace as a person uses it: keys go in, text is read off the screen. */
export class Terminal {
  #commands = 20;

  /** `enters`: how commands come to `run`; the way of a keyboard takes many times as long. */
  constructor(
    private readonly page: Page,
    private readonly enters: "pasted" | "typed" = "pasted",
  ) {}

  get #screen() {
    return this.page.locator(".xterm-accessibility-tree:visible");
  }

  /** The visible rows, without trailing blanks. */
  async rows(): Promise<string[]> {
    const rows = await this.#screen.locator('[role="listitem"]').allInnerTexts();
    return rows.map((row) => row.replaceAll("\u00a0", " ").trimEnd());
  }

  /** The middle of that text where it stands last on the screen, for the mouse. */
  async placeOf(text: string): Promise<[x: number, y: number]> {
    const row = this.#screen.locator('[role="listitem"]').filter({ hasText: text }).last();
    return row.evaluate((element, sought) => {
      const range = document.createRange();
      const node = element.firstChild!;
      const start = node.textContent!.indexOf(sought);
      range.setStart(node, start);
      range.setEnd(node, start + sought.length);
      const { x, y, width, height } = range.getBoundingClientRect();
      return [x + width / 2, y + height / 2];
    }, text);
  }

  /** Pastes what is in the clipboard at the prompt, tells what came, and takes it away again. */
  async pasted(): Promise<string> {
    const prompt = () => this.rows().then((rows) => rows[0]!);
    await this.press("Control+l");
    await expect.poll(prompt).toMatch(/^root@\S+:\S*#$/);
    await this.press("Control+Shift+V");
    await expect.poll(prompt).not.toMatch(/#$/);
    const text = (await prompt()).replace(/^root@\S+:\S*# /, "");
    await this.press("Control+u");
    await expect.poll(prompt).toMatch(/#$/);
    return text;
  }

  async press(keys: string): Promise<void> {
    await this.page.locator(".xterm-helper-textarea:visible").focus();
    await this.page.keyboard.press(keys);
  }

  async type(text: string): Promise<void> {
    await this.page.locator(".xterm-helper-textarea:visible").focus();
    await this.page.keyboard.type(text);
  }

  /** As a paste of the browser: what it brings stands at the prompt. */
  async #paste(text: string): Promise<void> {
    await this.page.locator(".xterm-helper-textarea:visible").evaluate((element, pasted) => {
      const clipboardData = new DataTransfer();
      clipboardData.setData("text/plain", pasted);
      element.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
    }, text);
  }

  /** Enters a command on a cleared screen, waits until it has ended and returns the lines that it printed. */
  async run(command: string): Promise<string[]> {
    const number = (this.#commands += 2);
    await this.press("Control+l");
    const line = `${command}; echo "end-$((${number} / 2))"`;
    await (this.enters === "typed" ? this.type(line) : this.#paste(line));
    await this.page.keyboard.press("Enter");
    const end = `end-${number / 2}`;
    await expect.poll(() => this.rows(), { timeout: 30_000 }).toContain(end);
    const rows = await this.rows();
    return rows.slice(endOfCommand(rows) + 1, rows.lastIndexOf(end));
  }

  /** As `run`, for a command that prints one line. */
  async read(command: string): Promise<string> {
    const lines = (await this.run(command)).filter(Boolean);
    expect(lines, `${command} prints one line`).toHaveLength(1);
    return lines[0]!.trim();
  }

  /** Waits for the shell's prompt. */
  async ready(): Promise<void> {
    await expect
      .poll(() => this.rows(), { timeout: 30_000 })
      .toContainEqual(expect.stringMatching(/^root@\S+:.*#$/));
  }
}

/** The row in which the typed command ends: a long one is wrapped, at any character. */
function endOfCommand(rows: string[]): number {
  const start = rows.findIndex((row) => /^root@\S+:.*# ./.test(row));
  let typed = "";
  for (let index = start; index < rows.length; index++) {
    typed += rows[index]!.replaceAll(" ", "");
    if (/\/2\)\)"$/.test(typed)) return index;
  }
  throw new Error(`No command on the screen:\n${rows.join("\n")}`);
}
