import { expect } from "@playwright/test";
import { doTasks, enterAnswers, labTitle, readAnswers } from "./explore-environment";
import { signIn } from "./sign-in";
import { Terminal } from "./terminal";
import { test } from "./test";
import { check, startLab, submit } from "./workspace";

test("a student reads the answers off the terminal and is given full marks, while another has another cluster", async ({
  browser,
}) => {
  test.setTimeout(600_000);
  const page = await signIn(browser, "student");
  const attemptId = await startLab(page, labTitle);
  const terminal = new Terminal(page, "typed");
  await terminal.ready();
  const answers = await readAnswers(terminal);

  const other = await signIn(browser, "student2");
  const otherAttemptId = await startLab(other, labTitle);
  const otherTerminal = new Terminal(other);
  await otherTerminal.ready();
  const others = await readAnswers(otherTerminal);

  await test.step("every attempt has values of its own", () => {
    for (const question of [
      "The control plane's address",
      "The control plane's MAC address",
      "The worker's MAC address",
      "The way out",
    ])
      expect(others[question], question).not.toBe(answers[question]);
  });

  await test.step("nobody reaches the attempt, the API or the terminal of another", async () => {
    for (const path of [`/attempts/${attemptId}`, `/attempts/${attemptId}/result`]) {
      await other.goto(path);
      await expect(other.getByRole("heading", { name: "There is nothing at this address" })).toBeVisible();
    }
    const headers = { origin: new URL(other.url()).origin };
    const attacks = [
      () =>
        other.request.put(`/api/attempts/${attemptId}/questions/node-count/answer`, {
          data: { value: "2" },
          headers,
        }),
      () =>
        other.request.post(`/api/attempts/${attemptId}/questions/node-count/check`, { data: {}, headers }),
      () => other.request.post(`/api/attempts/${attemptId}/submit`, { data: {}, headers }),
      () => other.request.post("/api/terminal/ticket", { data: { attemptId, sessionId: "x" }, headers }),
    ];
    for (const attack of attacks) expect((await attack()).status()).toBe(404);
    const forged = await other.evaluate(
      () =>
        new Promise<number>((resolve) => {
          const socket = new WebSocket(`${location.origin.replace("http", "ws")}/ws/terminal?ticket=forged`);
          socket.onclose = ({ code }) => resolve(code);
          socket.onopen = () => setTimeout(() => resolve(-1), 5000);
        }),
    );
    expect(forged).not.toBe(-1);
  });

  await test.step("a wrong answer is told with the reason, a right one too", async () => {
    await enterAnswers(page, { "The way out": "192.0.2.1" });
    expect(await check(page, "The way out")).not.toMatch(/^Right/);
    await enterAnswers(page, { "The way out": answers["The way out"]! });
    await page.getByRole("button", { name: "Check", exact: true }).click();
    await expect(
      page
        .getByRole("navigation", { name: "Questions" })
        .getByRole("button", { name: /The way out.*checked, right/ }),
    ).toBeVisible({ timeout: 30_000 });
  });

  await enterAnswers(page, answers);
  await doTasks(page, terminal, answers);
  await page.reload();
  await terminal.ready();
  await submit(page);
  await expect(page.getByText("100%").first()).toBeVisible({ timeout: 60_000 });
  await expect(page.getByText(/passed/i).first()).toBeVisible();

  await test.step("the other one is graded on what they did: nothing", async () => {
    await other.goto(`/attempts/${otherAttemptId}`);
    await submit(other);
    await expect(other.getByText("0%").first()).toBeVisible({ timeout: 60_000 });
  });
});
