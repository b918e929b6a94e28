import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, type APIRequestContext, type APIResponse } from "@playwright/test";
import { projectRoot } from "@/lib/core/paths";
import { readLabFolder } from "@/lib/lab/read-lab-folder";
import { labTitle } from "./explore-environment";
import { randomId } from "@/lib/core/ids";
import { instance, withInstanceDatabase } from "./instance";
import { actionsOfApp, routesOfApp } from "./routes-of-app";
import { signIn } from "./sign-in";
import { test } from "./test";
import { startLab } from "./workspace";

/** The owner and the other one are students; the attempt is the owner's and runs until the table submits it. */
const roles = ["nobody", "other", "grader", "admin", "owner"] as const;
type Role = (typeof roles)[number];
type Expected = Record<Role, number>;
interface Row {
  /** Method and address, as `routesOfApp` tells it. */
  route: string;
  expected: Expected;
  query?: string;
  body?: (ids: Ids) => object;
  /** In place of the usual values of the address. */
  params?: Record<string, string>;
}
interface Ids {
  attemptId: string;
  sessionId: string;
  versionId: string;
  /** An account that nobody uses. */
  spareUserId: string;
}

const each = (nobody: number, owner: number, other: number, grader: number, admin: number): Expected => ({
  nobody,
  owner,
  other,
  grader,
  admin,
});
/** 307 leads to the sign-in page. */
const signedIn = each(307, 200, 200, 200, 200);
const graders = each(307, 404, 404, 200, 200);
const adminsPage = each(307, 404, 404, 404, 200);
const anybody = each(200, 200, 200, 200, 200);
const owners = (status = 200) => each(401, status, 404, 404, 404);
const ownersAndWatchers = each(401, 200, 404, 200, 200);
const admins = (status = 200) => each(401, 403, 403, 403, status);

const attempt = "/api/attempts/[attemptId]";
const question = `${attempt}/questions/[questionId]`;
const terminals = "/api/terminal/sessions";
const attemptBody = ({ attemptId }: Ids) => ({ attemptId });

/** What a server action says to each role, or "ok". Actions have no address: pages call them by an id of the build. */
type Said = Record<Role, RegExp | "ok">;
const ended = /session has ended/;
const mayNot = /Your account may not do this/;
const adminsAction: Said = { nobody: ended, owner: mayNot, other: mayNot, grader: mayNot, admin: "ok" };
const same = (words: RegExp): Said => ({
  ...{ nobody: ended, owner: words, other: words },
  ...{ grader: words, admin: words },
});
const password = "long enough for it";
const actions: Record<string, { input: (ids: Ids) => object; said: Said }> = {
  // Of a practice test that is not there nobody gets an attempt.
  startAttemptAction: {
    input: () => ({ labId: "none", mode: "PRACTICE" }),
    said: same(/no such practice test/),
  },
  overrideScoreAction: {
    input: ({ attemptId }) => ({ attemptId, change: { vetoed: false }, reason: "test" }),
    // It is still running: who may change scores is told so.
    said: { ...adminsAction, grader: /Only a graded attempt/, admin: /Only a graded attempt/ },
  },
  createUserAction: {
    input: () => ({ username: `made-${Date.now()}`, name: "Made by a test", role: "STUDENT", password }),
    said: adminsAction,
  },
  setUserDisabledAction: {
    input: ({ spareUserId }) => ({ userId: spareUserId, disabled: true }),
    said: adminsAction,
  },
  setUserRoleAction: {
    input: ({ spareUserId }) => ({ userId: spareUserId, role: "GRADER" }),
    said: adminsAction,
  },
  resetPasswordAction: {
    input: ({ spareUserId }) => ({ userId: spareUserId, password }),
    said: adminsAction,
  },
  changeOwnPasswordAction: {
    input: () => ({ current: "not the password", password }),
    said: same(/current password is not right/),
  },
};

/** In this order: the attempt is submitted near the end. */
const table: Row[] = [
  { route: "GET /healthz", expected: anybody },
  { route: "GET /sign-in", expected: each(200, 307, 307, 307, 307) },
  { route: "GET /", expected: signedIn },
  { route: "GET /history", expected: signedIn },
  { route: "GET /account", expected: signedIn },
  { route: "GET /attempts/[attemptId]", expected: each(307, 200, 404, 404, 404) },
  { route: "GET /attempts/[attemptId]/browser", expected: each(307, 200, 404, 200, 200) },
  // While it runs the owner is led to the workspace, graders to their own page.
  { route: "GET /attempts/[attemptId]/result", expected: each(307, 307, 404, 307, 307) },
  { route: "GET /grading", expected: graders },
  { route: "GET /grading/[attemptId]", expected: graders },
  { route: "GET /admin/labs", expected: adminsPage },
  { route: "GET /admin/labs/[labId]", expected: adminsPage },
  { route: "GET /admin/users", expected: adminsPage },

  { route: "GET /api/auth/[...nextauth]", expected: anybody },
  // Without its token it leads to the form.
  { route: "POST /api/auth/[...nextauth]", expected: each(302, 302, 302, 302, 302) },

  {
    route: "POST /api/admin/labs/[labId]/drafts",
    body: () => ({ files: { "lab.yaml": "- not a lab" }, message: "" }),
    expected: admins(400),
  },
  { route: "GET /api/admin/versions/[versionId]", expected: admins() },
  { route: "POST /api/admin/versions/[versionId]/publish", expected: admins() },
  {
    route: "POST /api/admin/versions/[versionId]/validate",
    params: { versionId: "none" },
    expected: admins(404),
  },

  { route: `GET ${attempt}/start`, expected: owners() },
  { route: `GET ${attempt}/lab`, expected: owners() },
  { route: `POST ${attempt}/lab`, expected: owners(409) }, // it is not lost
  { route: `PUT ${question}/answer`, body: () => ({ value: "2" }), expected: owners() },
  { route: `PUT ${question}/flag`, body: () => ({ flagged: true }), expected: owners() },
  { route: `POST ${question}/hint`, expected: owners() },
  { route: `POST ${question}/check`, expected: owners() },

  { route: `GET ${terminals}`, query: "", expected: owners() },
  { route: `GET ${terminals}`, query: "&watch=1", expected: ownersAndWatchers },
  {
    route: `POST ${terminals}`,
    body: (ids) => ({ ...attemptBody(ids), node: "controlplane" }),
    expected: owners(),
  },
  {
    route: `PATCH ${terminals}/[sessionId]`,
    body: (ids) => ({ ...attemptBody(ids), title: "renamed" }),
    expected: owners(),
  },
  {
    route: "POST /api/terminal/ticket",
    body: ({ attemptId, sessionId }) => ({ attemptId, sessionId }),
    expected: owners(),
  },
  {
    route: "POST /api/terminal/ticket",
    body: ({ attemptId, sessionId }) => ({ attemptId, sessionId, watch: true }),
    expected: ownersAndWatchers,
  },
  { route: `GET ${attempt}/recordings/[sessionId]`, expected: each(401, 409, 404, 200, 200) },
  { route: `DELETE ${terminals}/[sessionId]`, body: attemptBody, expected: owners() },

  { route: `POST ${attempt}/lab/reset`, expected: owners() },
  { route: `POST ${attempt}/submit`, expected: owners() },
  { route: `POST ${attempt}/abandon`, expected: owners(409) }, // it is over
  { route: `PUT ${question}/answer`, body: () => ({ value: "3" }), expected: owners(409) },
];

test("every page and route has its row in the table", () => {
  const rows = [...new Set(table.map(({ route }) => route))];
  expect(rows.sort()).toEqual(routesOfApp().sort());
});

test("every server action has its row in the table", () => {
  expect(Object.keys(actions).sort()).toEqual(actionsOfApp().sort());
});

test("every page, route and action answers each role as the table says", async ({ browser, request }) => {
  test.setTimeout(300_000);
  const owner = await signIn(browser, "student");
  const attemptId = await startLab(owner, labTitle);
  const admin = (await signIn(browser, "admin")).request;
  const requests: Record<Role, APIRequestContext> = {
    nobody: request,
    owner: owner.request,
    other: (await signIn(browser, "student2")).request,
    grader: (await signIn(browser, "grader")).request,
    admin,
  };
  const opened = await json<{ sessionId: string }>(
    await send(owner.request, "POST", "/api/terminal/sessions", { attemptId, node: "controlplane" }),
  );
  // Files that are stored already are no new version.
  const stored = await json<{ versionId: string }>(
    await send(admin, "POST", "/api/admin/labs/explore-environment/drafts", {
      files: await readLabFolder(join(projectRoot, "labs/explore-environment")),
      message: "",
    }),
  );
  const spareUserId = await makeSpareUser();
  const ids: Ids = { attemptId, sessionId: opened.sessionId, versionId: stored.versionId, spareUserId };

  for (const [name, { input, said }] of Object.entries(actions))
    for (const role of roles) {
      const answer = await callAction(requests[role], name, ids, input(ids));
      if (said[role] === "ok") expect(answer, `${name} by ${role}`).toMatchObject({ ok: true });
      else
        expect(answer, `${name} by ${role}`).toMatchObject({
          ok: false,
          error: expect.stringMatching(said[role]),
        });
    }

  const found: string[] = [];
  const expected: string[] = [];
  for (const row of table) {
    const { method, path } = addressOf(row, ids);
    const body = row.body?.(ids) ?? {};
    if (method !== "GET" && !path.startsWith("/api/auth/")) {
      const foreign = await send(requests.owner, method, path, body, "http://elsewhere.example");
      found.push(`${method} ${path} from a page elsewhere: ${foreign.status()}`);
      expected.push(`${method} ${path} from a page elsewhere: 403`);
    }
    for (const role of roles) {
      const response = await send(requests[role], method, path, body);
      found.push(`${method} ${path} by ${role}: ${response.status()}`);
      expected.push(`${method} ${path} by ${role}: ${row.expected[role]}`);
      if (response.status() === 307 && role === "nobody")
        expect(response.headers().location, path).toMatch(/\/sign-in$/);
    }
  }
  expect(found).toEqual(expected);
});

function makeSpareUser(): Promise<string> {
  return withInstanceDatabase(async (db) => {
    const id = randomId();
    const user = { id, username: `spare-${id}`, name: "Spare", role: "STUDENT" as const };
    await db.user.create({ data: { ...user, passwordHash: "-" } });
    return id;
  });
}

/** Calls a server action as the pages do, and reads its result off the answer. */
async function callAction(
  request: APIRequestContext,
  name: string,
  ids: Ids,
  input: object,
): Promise<unknown> {
  const { id, page } = findAction(name);
  const response = await request.post(page.replace("[attemptId]", ids.attemptId), {
    headers: {
      "next-action": id,
      accept: "text/x-component",
      "content-type": "text/plain;charset=UTF-8",
      origin: `http://127.0.0.1:${instance.port}`,
    },
    data: JSON.stringify([input]),
    maxRedirects: 0,
  });
  const result = /^\w+:(\{"ok":.*\})$/m.exec(await response.text())?.[1];
  return result === undefined ? `no result: ${response.status()}` : (JSON.parse(result) as unknown);
}

/** Its id in this build, and a page that calls it. */
function findAction(name: string): { id: string; page: string } {
  const manifest = JSON.parse(
    readFileSync(join(projectRoot, ".next/server/server-reference-manifest.json"), "utf8"),
  ) as { node: Record<string, { exportedName?: string; workers: Record<string, unknown> }> };
  const found = Object.entries(manifest.node).find(([, { exportedName }]) => exportedName === name);
  if (!found) throw new Error(`The build has no action ${name}.`);
  const [id, { workers }] = found;
  const page = Object.keys(workers)[0]!.replace(/^app|\/\([^/]*\)|\/page$/g, "");
  return { id, page: page === "" ? "/" : page };
}

function addressOf({ route, query, params }: Row, ids: Ids): { method: string; path: string } {
  const [method, pattern] = route.split(" ") as [string, string];
  const values: Record<string, string> = {
    ...ids,
    labId: "explore-environment",
    questionId: "node-count",
    "...nextauth": method === "GET" ? "csrf" : "signin/credentials",
    ...params,
  };
  const path = pattern.replace(/\[(.+?)\]/g, (_all, name: string) => values[name]!);
  return { method, path: query === undefined ? path : `${path}?attemptId=${ids.attemptId}${query}` };
}

function send(
  request: APIRequestContext,
  method: string,
  path: string,
  data: object,
  origin = `http://127.0.0.1:${instance.port}`,
): Promise<APIResponse> {
  return request.fetch(path, {
    method,
    maxRedirects: 0,
    ...(method === "GET" ? {} : { data, headers: { origin } }),
  });
}

async function json<T>(response: APIResponse): Promise<T> {
  expect(response.ok(), await response.text()).toBe(true);
  return (await response.json()) as T;
}
