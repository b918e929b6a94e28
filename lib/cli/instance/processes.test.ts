import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { answersHttp, firstAccountsEnv } from "./processes";

test.each([
  ["127.0.0.7", "127.0.0.7"],
  ["0.0.0.0", "127.0.0.1"],
  ["localhost", "127.0.0.1"],
])("web that listens on %s is found there", async (host, listening) => {
  const server = createServer((_request, response) => response.end("{}"));
  await new Promise<void>((resolve) => server.listen(0, listening, resolve));
  const { port } = server.address() as AddressInfo;
  try {
    await answersHttp({ host, port });
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
  await expect(answersHttp({ host, port })).rejects.toThrow();
});

test("the database's preparation is told the first passwords that were chosen, and nothing else", () => {
  const chosen = { EXAMCTL_DEMO: "1", EXAMCTL_PASSWORD_ADMIN: "correct-horse" };
  const env = { ...chosen, NODE_ENV: "test" as const, EXAMCTL_PORT: "1", PATH: "/bin" };
  expect(firstAccountsEnv(env)).toEqual(chosen);
});
