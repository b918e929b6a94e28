import { encode } from "next-auth/jwt";
import { createServer, request as httpRequest, type IncomingMessage, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { TLSSocket } from "node:tls";
import { text } from "node:stream/consumers";
import { connect, createServer as createTcpServer, type AddressInfo, type Socket } from "node:net";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { issuePreviewTicket, previewLifetimeMs, type PreviewClaims } from "@/lib/auth/preview-tickets";
import { userOfCookies } from "@/lib/auth/session-cookie";
import { issueTicket } from "@/lib/auth/tickets";
import { AppError } from "@/lib/core/app-error";
import { ManualClock } from "@/lib/core/clock";
import { createAuthority, issue } from "@/lib/core/x509/certificate";
import { createWebServer } from "../web-server";
import { limits } from "./forward";
import { PreviewGateway } from "./preview-gateway";

const secret = "a secret of at least 32 characters, for tests";
const clock = new ManualClock();
const address = "172.30.7.11";
/** The server in the lab, what it was asked, and how it answers next. */
let lab: Server;
let asked: (Pick<IncomingMessage, "method" | "url" | "headers"> & { body: string })[];
let answer: { status?: number; headers?: Record<string, string | string[]>; body?: string | Buffer };
let web: Server;
let dialled: string[];
let dial: () => Promise<Socket>;
let authorise: (claims: PreviewClaims, changes: boolean) => Promise<string>;

const listen = (server: Server | ReturnType<typeof createTcpServer>) =>
  new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const portOf = (server: { address(): unknown }) => (server.address() as AddressInfo).port;

beforeAll(async () => {
  lab = createServer((request, response) => {
    void text(request).then((body) => {
      const { method, url, headers } = request;
      asked.push({ method, url, headers, body });
      response.writeHead(answer.status ?? 200, answer.headers).end(answer.body ?? "");
    });
  });
  await listen(lab);
  const previews = new PreviewGateway({
    secret,
    clock,
    logger: pino({ level: "silent" }),
    publicUrl: "https://exam.example",
    userOf: ({ headers }) => userOfCookies(headers.cookie, { secret, publicUrl: "http://exam.example" }),
    authorise: (claims, changes) => authorise(claims, changes),
    dial: async (labId, node, port) => {
      dialled.push(`${labId} ${node}:${port}`);
      return { address, socket: await dial() };
    },
  });
  web = createWebServer({
    previews,
    terminals: undefined as never,
    logger: pino({ level: "silent" }),
    stopping: () => false,
    handle: async (_request, response) => void response.writeHead(418).end("a page of ours"),
  });
  await listen(web);
});
afterAll(() => {
  for (const server of [lab, web]) {
    server.closeAllConnections();
    server.close();
  }
});
beforeEach(() => {
  asked = [];
  dialled = [];
  answer = { body: "hello" };
  // As it comes from another process.
  dial = async () => connect(portOf(lab), "127.0.0.1").pause();
  authorise = async () => "a-lab";
});

const place = { node: "node01", port: 30080, scheme: "http" as const };
const ticketFor = (change: Partial<PreviewClaims["place"]> = {}) =>
  issuePreviewTicket(secret, clock, {
    userId: "u1",
    epoch: 0,
    attemptId: "a1",
    place: { ...place, ...change },
  });

async function get(path: string, init: RequestInit = {}, ticket = ticketFor()) {
  const response = await fetch(`http://127.0.0.1:${portOf(web)}/preview/${ticket}${path}`, {
    redirect: "manual",
    ...init,
  });
  const { status, headers } = response;
  return { status, headers, text: await response.text() };
}
/** With headers that fetch refuses to send. */
function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(portOf(web), "127.0.0.1", () => socket.write(text));
    let answered = "";
    socket.on("data", (chunk) => (answered += chunk.toString("latin1")));
    socket.on("end", () => resolve(answered));
    socket.on("error", reject);
  });
}

describe("a port of a lab's node", () => {
  it("answers with path, query and body as they were sent, under its address and port as the host", async () => {
    const { status, text } = await get("/a%20b/../c?x=1&y", { method: "POST", body: "some words" });
    expect([status, text]).toEqual([200, "hello"]);
    expect(asked[0]).toMatchObject({ method: "POST", url: "/c?x=1&y", body: "some words" });
    expect(asked[0]!.headers.host).toBe(`${address}:30080`);
    expect(dialled).toEqual(["a-lab node01:30080"]);
  });

  it("is asked as the host that was chosen", async () => {
    await get("/", {}, ticketFor({ host: "shop.test" }));
    expect(asked[0]!.headers.host).toBe("shop.test");
  });

  it("is asked over TLS where that is wanted, whatever its certificate", async () => {
    const { certificatePem, privateKeyPem } = issue(createAuthority("lab", Date.now()), {
      ...{ commonName: "shop.test", usages: ["serverAuth"], nowMs: Date.now() },
    });
    const secure = createTlsServer({ cert: certificatePem, key: privateKeyPem }, (request, response) =>
      response.end(`${request.headers.host} ${(request.socket as TLSSocket).servername}`),
    );
    await listen(secure);
    dial = async () => connect(portOf(secure), "127.0.0.1").pause();
    const { text } = await get("/", {}, ticketFor({ scheme: "https", host: "shop.test" }));
    expect(text).toBe("shop.test shop.test");
    secure.close();
  });

  it("gets no cookie, no credentials and nothing that proxies say; its own headers come through", async () => {
    const headers = {
      cookie: "theirs=secret",
      authorization: "Bearer secret",
      "proxy-authorization": "Basic secret",
      "x-forwarded-for": "1.2.3.4",
      "x-examctl-remote-address": "1.2.3.4",
      "x-team": "blue",
      referer: "http://exam.example/preview/secret/",
    };
    const lines = Object.entries({ ...headers, connection: "close, x-hop", "x-hop": "1", te: "trailers" });
    await raw(
      `GET /preview/${ticketFor()}/ HTTP/1.1\r\nHost: exam.example\r\n${lines.map((line) => `${line.join(": ")}\r\n`).join("")}\r\n`,
    );
    expect(asked[0]!.headers).toEqual({
      host: `${address}:30080`,
      connection: "close",
      "accept-encoding": "identity",
      "x-team": "blue",
    });
  });

  it("sets nothing for our origin: every answer is cut off from it", async () => {
    answer.headers = {
      "set-cookie": ["next-auth.session-token=mine; Path=/", "b=1"],
      "clear-site-data": '"*"',
      "strict-transport-security": "max-age=99999",
      "content-security-policy": "default-src *",
      "www-authenticate": "Basic",
      "access-control-allow-origin": "*",
      "service-worker-allowed": "/",
      refresh: "0; url=https://evil.example",
      "x-frame-options": "DENY",
      "content-type": "text/plain",
      connection: "x-secret",
    };
    const { headers } = await get("/");
    expect([...headers.keys()].sort()).toEqual([
      "cache-control",
      "connection",
      "content-security-policy",
      "content-type",
      "cross-origin-resource-policy",
      "date",
      "keep-alive",
      "permissions-policy",
      "referrer-policy",
      "transfer-encoding",
    ]);
    const policy = headers.get("content-security-policy")!;
    expect(policy).toMatch(/^sandbox allow-scripts allow-forms;/);
    expect(policy).not.toContain("allow-same-origin");
    expect(policy).toContain(`default-src 127.0.0.1:${portOf(web)}/preview/`);
  });

  it("keeps links and redirects of the server below its own address", async () => {
    const ticket = ticketFor({ host: "shop.test" });
    const prefix = `/preview/${ticket}`;
    answer = {
      headers: { "content-type": "text/html; charset=utf-8" },
      body: `<a href="/cart">ö</a><img src=pic.png><a href="http://shop.test/x">x</a><a href="https://other.test/">y</a>`,
    };
    expect((await get("/", {}, ticket)).text).toBe(
      `<a href="${prefix}/cart">ö</a><img src=pic.png><a href="${prefix}/x">x</a><a href="https://other.test/">y</a>`,
    );
    for (const [location, path] of [
      ["/login?next=/", "/login?next=/"],
      ["http://shop.test/x#top", "/x#top"],
      ["sub/", "/dir/sub/"],
      [`http://${address}:30080/y`, "/y"],
      ["/../../admin", "/admin"],
    ]) {
      answer = { status: 302, headers: { location: location! } };
      const { status, headers } = await get("/dir/page", {}, ticket);
      expect([status, headers.get("location")], location).toEqual([302, prefix + path]);
    }
  });

  it("tells of redirects to other addresses, and follows none", async () => {
    for (const location of [
      "https://evil.example/?x",
      "//evil.example/",
      "https://shop.test/",
      "http://shop.test:8080/",
      "\\\\evil.example",
      "javascript:alert(1)",
      "http://shop.test@evil.example/",
    ]) {
      answer = { status: 302, headers: { location } };
      const { status, headers, text } = await get("/", {}, ticketFor({ host: "shop.test" }));
      expect([status, headers.get("location")], location).toEqual([502, null]);
      expect(text).toContain("The page is elsewhere");
    }
  });
});

describe("what keeps others out", () => {
  it("refuses tickets that are forged, expired, of another kind or secret", async () => {
    const good = ticketFor();
    const [payload, signature] = good.split(".") as [string, string];
    const other = Buffer.from(payload, "base64url").toString().replace("30080", "6443");
    const terminal = issueTicket(secret, clock, {
      ...{ userId: "u1", epoch: 0, attemptId: "a1", sessionId: "s", readOnly: false },
    });
    for (const ticket of [
      "",
      "x",
      `${payload}.`,
      `${Buffer.from(other).toString("base64url")}.${signature}`,
      terminal,
      issuePreviewTicket("another secret of 32 characters!!", clock, {
        ...{ userId: "u1", epoch: 0, attemptId: "a1", place },
      }),
    ])
      expect((await get("/", {}, ticket)).status, ticket).toBe(401);
    await clock.advance(previewLifetimeMs);
    expect((await get("/", {}, good)).status).toBe(401);
    expect(dialled).toEqual([]);
  });

  it("asks again for each request whether the person may, and says no in words", async () => {
    authorise = async (_claims, changes) => {
      if (changes) throw new AppError("forbidden", "You can look.");
      throw new AppError("not-found", "There is no such attempt.");
    };
    expect((await get("/")).status).toBe(404);
    expect((await get("/", { method: "DELETE" })).status).toBe(403);
    expect(dialled).toEqual([]);
  });

  it("opens as a page for nobody but the one who opened it", async () => {
    const as = async (sub: string | undefined, dest: string) => {
      const token = sub && (await encode({ token: { sub }, secret }));
      const headers = ["Host: x", "Connection: close", `Sec-Fetch-Dest: ${dest}`];
      if (token) headers.push(`Cookie: a=b; next-auth.session-token=${token}`);
      const answered = await raw(`GET /preview/${ticketFor()}/ HTTP/1.1\r\n${headers.join("\r\n")}\r\n\r\n`);
      return answered.slice(9, 12);
    };
    expect(await as("u1", "document")).toBe("200");
    expect(await as("u2", "document")).toBe("401");
    expect(await as(undefined, "document")).toBe("401");
    expect(await as("u2", "iframe")).toBe("401");
    // From the page in the frame no cookie comes.
    expect(await as(undefined, "image")).toBe("200");
    expect(await as(undefined, "iframe")).toBe("200");
  });

  it("goes to no other target, whatever a request says", async () => {
    const ticket = ticketFor();
    for (const [line, host] of [
      [`GET /preview/${ticket}/http://127.0.0.1:1/ HTTP/1.1`, "127.0.0.1:1"],
      [`GET /preview/${ticket}//evil.example/ HTTP/1.1`, "evil.example"],
      [`GET /preview/${ticket}/../../../api/admin HTTP/1.1`, "exam.example"],
      [`GET /preview/${ticket}/%2e%2e/%2e%2e/api HTTP/1.1`, "exam.example"],
      [`GET /preview/${ticket}/@127.0.0.1/ HTTP/1.1`, "x"],
    ] as const)
      expect(await raw(`${line}\r\nHost: ${host}\r\nConnection: close\r\n\r\n`), line).toMatch(
        /^HTTP\/1.1 200 /,
      );
    expect(new Set(dialled)).toEqual(new Set(["a-lab node01:30080"]));
    expect(new Set(asked.map(({ headers }) => headers.host))).toEqual(new Set([`${address}:30080`]));
    // What is not below the prefix as it is written is no preview.
    for (const path of [`//preview/${ticket}/`, `/%70review/${ticket}/`, `/x/../preview/${ticket}/`])
      expect(await raw(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)).toMatch(
        /^HTTP\/1.1 418 /,
      );
  });

  it("takes no request that two parsers could read in two ways", async () => {
    const head = `POST /preview/${ticketFor()}/ HTTP/1.1\r\nHost: x\r\n`;
    for (const smuggled of [
      "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n",
      "Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
      "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
      "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
      "X-A: b\nX-B: c\rX-C: d\r\n\r\n",
    ])
      expect(await raw(head + smuggled), smuggled).toMatch(/^HTTP\/1.1 400 /);
    expect(asked).toEqual([]);
  });

  it("shares answers with the page's own origin alone, and answers its preflights itself", async () => {
    const origin = { origin: "null" };
    expect((await get("/", { headers: origin })).headers.get("access-control-allow-origin")).toBe("null");
    const foreign = await get("/", { headers: { origin: "https://evil.example" } });
    expect(foreign.headers.get("access-control-allow-origin")).toBe(null);
    const preflight = await get("/", {
      method: "OPTIONS",
      headers: {
        ...origin,
        "access-control-request-method": "PUT",
        "access-control-request-headers": "x-team",
      },
    });
    expect([preflight.status, preflight.headers.get("access-control-allow-headers")]).toEqual([
      204,
      "x-team",
    ]);
    expect(asked).toHaveLength(2);
  });
});

describe("a page in words", () => {
  const failing = (error: AppError) => {
    dial = () => Promise.reject(error);
    return get("/");
  };

  it("says what is wrong when there is no answer", async () => {
    const details = { address };
    const refused = await failing(new AppError("unavailable", "Connection refused", { details }));
    expect([refused.status, refused.text]).toEqual([
      502,
      expect.stringMatching(/Nothing answers on port 30080 of node01[^]*ss -ltnp \| grep &#39;:30080 &#39;/),
    ]);
    const late = await failing(new AppError("timeout", "timed out", { details }));
    expect([late.status, late.text]).toEqual([504, expect.stringContaining("does not answer")]);
    const asleep = await failing(new AppError("conflict", "frozen", { details: { phase: "frozen" } }));
    expect([asleep.status, asleep.text]).toEqual([503, expect.stringContaining("The lab is at rest")]);
    const down = await failing(new AppError("unavailable", "clusterd cannot be reached"));
    expect([down.status, down.text]).toEqual([503, expect.not.stringContaining("clusterd")]);
    expect(down.headers.get("content-security-policy")).toMatch(/^sandbox /);
  });

  it("says what is wrong with a server that does not speak HTTP, or ends without a word", async () => {
    const tcp = createTcpServer((socket) => {
      socket.on("error", () => undefined);
      socket.end(socket.localPort === quietPort ? "" : "SSH-2.0-OpenSSH\r\n");
    });
    let quietPort = 0;
    await listen(tcp);
    dial = async () => connect(portOf(tcp), "127.0.0.1");
    expect((await get("/")).text).toContain("What came back is not HTTP");
    quietPort = portOf(tcp);
    expect((await get("/")).text).toContain("ended the connection without an answer");
    expect((await get("/", {}, ticketFor({ scheme: "https" }))).text).toContain("does not speak HTTPS");
    tcp.close();
  });

  it("holds sizes and numbers within bounds", async () => {
    const large = await get("/", { method: "POST", body: Buffer.alloc(limits.requestBytesMax + 1) });
    expect(large.status).toBe(413);
    answer = { headers: { "content-length": String(limits.answerBytesMax + 1) }, body: "x" };
    expect((await get("/")).text).toContain("too large");

    answer = { body: "hello" };
    dial = () => new Promise(() => undefined);
    const pending = Array.from({ length: 32 }, () => {
      const one = httpRequest({ port: portOf(web), path: `/preview/${ticketFor()}/` });
      one.on("error", () => undefined).end();
      return one;
    });
    await expect.poll(() => dialled.length).toBeGreaterThanOrEqual(32);
    expect((await get("/")).status).toBe(429);
    for (const one of pending) one.destroy();
  });
});
