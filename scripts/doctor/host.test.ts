import { createServer, type AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { checkPort } from "./checks.mjs";
import { thisHost } from "./host.mjs";

test("names the process that holds a port, and how to choose another", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const { port } = server.address() as AddressInfo;
  const taken = await checkPort(thisHost, { host: "0.0.0.0", port });
  expect(taken.ok).toBe(false);
  expect(taken.sentence).toContain(`Port ${port} is taken by`);
  expect(taken.sentence).toContain(String(process.pid));
  await new Promise((resolve) => server.close(resolve));
  expect((await checkPort(thisHost, { host: "0.0.0.0", port })).ok).toBe(true);
});

test("a program that is not installed, a file and a folder that are not there are no faults", () => {
  expect(thisHost.run(["examctl-no-such-program"]).exitCode).toBe(127);
  expect(thisHost.read("/no/such/file")).toBe("");
  expect(thisHost.list("/no/such/folder")).toEqual([]);
});

test("nothing that answers is told as nothing", async () => {
  expect(await thisHost.fetchText("http://127.0.0.1:1/healthz")).toBe("");
  expect(await thisHost.listen("192.0.2.1", 0)).toBe("EADDRNOTAVAIL");
});
