import { createServer, type AddressInfo } from "node:net";
import { expect, it } from "vitest";
import { checkPort } from "./port";

it("names the process that holds the port, and how to choose another", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const { port } = server.address() as AddressInfo;
  const taken = await checkPort(port);
  expect(taken.ok).toBe(false);
  expect(taken.sentence).toContain(`Port ${port} is taken by`);
  expect(taken.sentence).toContain(String(process.pid));
  expect(taken.remedy).toContain("--port");
  await new Promise((resolve) => server.close(resolve));
  expect((await checkPort(port)).ok).toBe(true);
});
