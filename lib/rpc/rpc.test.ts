import { mkdtemp, rm } from "node:fs/promises";
import type { Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { AppError } from "@/lib/core/app-error";
import { createRpcClient } from "./client";
import { defineRpc } from "./contract";
import { listenOnSocket } from "@/lib/core/listen-on-socket";
import { createRpcServer } from "./server";

const contract = defineRpc({
  methods: {
    double: {
      input: z.object({ n: z.number(), times: z.number().default(2) }),
      output: z.object({ n: z.number() }),
    },
    fail: { input: z.object({ code: z.enum(["exhausted", "none"]) }), output: z.object({}) },
    hang: { input: z.object({}), output: z.object({}) },
  },
  streams: { echo: { input: z.object({ greeting: z.string() }), reply: z.object({ greeting: z.string() }) } },
});

let folder: string;
let server: Server;
let aborted = false;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "examctl-rpc-"));
  server = createRpcServer(
    contract,
    {
      double: async ({ n, times }) => ({ n: n * times }),
      fail: async ({ code }) => {
        if (code === "none") throw new Error("password=hunter2");
        throw new AppError(code, "All seats are taken.", { details: { seats: 3 } });
      },
      hang: (_input, { signal }) =>
        new Promise((_resolve, reject) =>
          signal.addEventListener("abort", () => {
            aborted = true;
            reject(signal.reason as Error);
          }),
        ),
    },
    {
      echo: async ({ greeting }) => {
        if (greeting === "refuse") throw new AppError("forbidden", "Not you.");
        return { reply: { greeting }, attach: (socket) => socket.pipe(socket) };
      },
    },
    { logger: pino({ level: "silent" }), bodyBytesMax: 1000 },
  );
  await listenOnSocket(server, join(folder, "s"));
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

const connect = () => createRpcClient(contract, join(folder, "s"), "the server");

it("calls with defaults filled in", async () => {
  expect(await connect().call("double", { n: 4 })).toEqual({ n: 8 });
});

it("names the field of a wrong input", async () => {
  await expect(connect().call("double", { n: "4" as never })).rejects.toMatchObject({
    code: "invalid",
    details: { issues: [{ path: "n" }] },
  });
});

it("carries an AppError across, and nothing of any other failure", async () => {
  await expect(connect().call("fail", { code: "exhausted" })).rejects.toMatchObject({
    code: "exhausted",
    message: "All seats are taken.",
    details: { seats: 3 },
  });
  const hidden = await connect()
    .call("fail", { code: "none" })
    .catch((failure: AppError) => failure);
  expect(hidden).toMatchObject({ code: "internal" });
  expect(JSON.stringify(hidden) + (hidden as AppError).message).not.toContain("hunter2");
});

it("refuses bodies over the limit", async () => {
  await expect(connect().call("double", { n: 1, pad: "x".repeat(2000) } as never)).rejects.toMatchObject({
    code: "invalid",
  });
});

it("times out, and the handler hears of it", async () => {
  await expect(connect().call("hang", {}, { timeoutMs: 50 })).rejects.toMatchObject({ code: "timeout" });
  await expect.poll(() => aborted).toBe(true);
});

it("says who cannot be reached", async () => {
  const nobody = createRpcClient(contract, join(folder, "nobody"), "labd");
  await expect(nobody.call("double", { n: 1 })).rejects.toMatchObject({
    code: "unavailable",
    message: expect.stringContaining("labd cannot be reached") as string,
  });
});

it("opens a raw stream after a reply, and carries a refusal", async () => {
  const { reply, socket } = await connect().open("echo", { greeting: "hé" });
  expect(reply).toEqual({ greeting: "hé" });
  const echoed = new Promise<string>((resolve) =>
    socket.once("data", (chunk: Buffer) => resolve(chunk.toString())),
  );
  socket.resume();
  socket.write("bytes");
  expect(await echoed).toBe("bytes");
  socket.destroy();
  await expect(connect().open("echo", { greeting: "refuse" })).rejects.toMatchObject({ code: "forbidden" });
});
