import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { startTestCluster } from "../testing";
import { localNodeProxy } from "../testing-node-proxy";
import { createTestAuthority, issueTestCertificate } from "../testing-pki";

test("a component is as healthy as its own port says", async () => {
  const serving = await issueTestCertificate(await createTestAuthority(), "/CN=x", "serverAuth");
  const server = createServer(
    { cert: serving.certificatePem, key: serving.privateKeyPem },
    (request, response) => response.end(request.url === "/healthz" ? "ok" : "no"),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const t = await startTestCluster({
    nodeProxy: {
      ...localNodeProxy,
      // Only the scheduler and etcd are there.
      dial: (_address, asked) =>
        new Promise((resolve, reject) => {
          const refused = Object.assign(new Error("refused"), { code: "ECONNREFUSED" });
          if (asked === 10_257) return reject(refused);
          const socket = connect(port, "127.0.0.1", () => resolve(socket));
        }),
    },
  });
  try {
    const { stdout } = await t.kubectl(["get", "cs", "--no-headers"]);
    expect(stdout.replace(/ +/g, " ").split("\n")).toEqual([
      'controller-manager Unhealthy Get "https://127.0.0.1:10257/healthz": dial tcp 127.0.0.1:10257: connect: connection refused ',
      "etcd-0 Healthy ok ",
      "scheduler Healthy ok ",
      "",
    ]);
    const one = await t.request("GET", "/api/v1/componentstatuses/scheduler", {});
    expect(JSON.parse(one.body)).toMatchObject({
      kind: "ComponentStatus",
      conditions: [{ type: "Healthy", status: "True", message: "ok" }],
    });
  } finally {
    await t.close();
    server.close();
  }
});
