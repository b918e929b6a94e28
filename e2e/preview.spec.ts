import { expect } from "@playwright/test";
import { labTitle } from "./explore-environment";
import { signIn } from "./sign-in";
import { Terminal } from "./terminal";
import { test } from "./test";
import { startFresh, submit } from "./workspace";

/** Tries from inside what a page must not be able to do, and says what came of it. */
const probe = `<!doctype html><html lang="en"><title>Probe</title><p>served from the lab</p>
<a href="/next.html">on</a><p id="came"></p><script>
(async () => {
  const attempt = async (name, work) => { try { return name + ":" + (await work()); } catch { return name + ":no"; } };
  const of = (path, credentials) => fetch(path, { credentials }).then((answer) => answer.status);
  document.getElementById("came").textContent = (await Promise.all([
    attempt("cookie", () => document.cookie || "none"),
    attempt("storage", () => localStorage.length),
    attempt("parent", () => parent.document.title),
    attempt("api", () => of("/api/auth/session", "include")),
    attempt("own", () => of("next.html", "omit")),
  ])).join(" ");
})();
</script>`;

test("a port of the lab in the browser: it shows, it is cut off, and nobody else gets in", async ({
  browser,
  request,
}) => {
  test.setTimeout(240_000);
  const page = await signIn(browser, "student");
  await startFresh(page, labTitle);
  const terminal = new Terminal(page);
  await terminal.ready();
  const code = Buffer.from(probe).toString("base64");
  await terminal.run("kubectl create deployment web --image=nginx:alpine >/dev/null");
  await terminal.run("kubectl create service nodeport web --tcp=80 --node-port=30081 >/dev/null");
  await terminal.run("kubectl rollout status deployment web --timeout=60s >/dev/null");
  for (let from = 0; from < code.length; from += 800)
    await terminal.run(`printf %s ${code.slice(from, from + 800)} >> /tmp/probe`);
  await terminal.run(
    "base64 -d /tmp/probe | kubectl exec -i deploy/web -- tee /usr/share/nginx/html/index.html >/dev/null",
  );
  await terminal.run(
    "echo second page | kubectl exec -i deploy/web -- tee /usr/share/nginx/html/next.html >/dev/null",
  );

  const [view] = await Promise.all([
    page.context().waitForEvent("page"),
    page.getByRole("link", { name: "Open in browser" }).click(),
  ]);
  await view.getByLabel("Port").fill("30081");
  await view.getByLabel("Port").press("Enter");
  const frame = view.frameLocator("iframe");
  await expect(frame.getByText("served from the lab")).toBeVisible();
  await expect(frame.locator("#came")).toHaveText("cookie:no storage:no parent:no api:no own:200");
  const address = (await view.locator("iframe").getAttribute("src"))!;
  await frame.getByRole("link", { name: "on" }).click();
  await expect(frame.getByText("second page")).toBeVisible();

  await view.getByLabel("Port").fill("30082");
  await view.getByRole("button", { name: "Open" }).press("Enter");
  await expect(frame.getByRole("heading", { name: "Nothing answers on port 30082 of node01" })).toBeVisible();
  await view.getByLabel("Port").fill("70000");
  await view.getByLabel("Port").press("Enter");
  await expect(view.getByText("The port is a number from 1 to 65535.")).toBeVisible();

  // Its address alone opens nothing for others, and the page of the view is the student's and the graders'.
  const document = { "sec-fetch-dest": "document" };
  const other = (await signIn(browser, "student2")).request;
  expect((await other.get(address, { headers: document })).status()).toBe(401);
  expect((await request.get(address, { headers: document })).status()).toBe(401);
  expect((await request.get(address.replace(/\/[^/.]*\./, "/x."))).status()).toBe(401);
  const grader = await signIn(browser, "grader");
  await grader.goto(`${new URL(page.url()).pathname}/browser?node=node01&scheme=http&port=30081`);
  await expect(grader.frameLocator("iframe").getByText("served from the lab")).toBeVisible();

  await view.close();
  await submit(page);
  expect((await page.request.get(address, { headers: document })).status()).toBe(409);
});
