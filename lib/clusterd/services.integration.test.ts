import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "@/lib/core/testing";
import { atGateway, startReadyLab, startTestClusterd, twoNodes, type TestClusterd } from "./testing";

/** Services with real traffic: `a` runs on the control plane, `b` on the worker; `client` and `near` ask from the worker and the control plane. */
const labId = "lab-services";
const gateway = "172.30.7.1";
const [controlplane, worker] = ["172.30.7.10", "172.30.7.11"];
let clusterd: TestClusterd;

beforeAll(async () => {
  clusterd = await startTestClusterd();
  const base = twoNodes();
  const addons = ["flannel", "kube-proxy", "coredns"].map((name) => ({ name }));
  await startReadyLab(clusterd.client, labId, { ...base, cluster: { ...base.cluster, addons } });
  await apply(
    server("a", "controlplane"),
    server("b", "node01"),
    sleeper("client", "node01"),
    sleeper("near", "controlplane"),
  );
  await run("kubectl wait --for=condition=Ready pod --all --timeout=60s");
}, 400_000);

afterAll(() => clusterd?.close(), 60_000);

async function run(command: string, node = "controlplane"): Promise<string> {
  const argv = ["bash", "-c", command];
  const request = { labId, node, argv, timeoutMs: 120_000 };
  const result = await clusterd.client.call("lab.exec", request, { timeoutMs: 150_000 });
  if (result.exitCode !== 0) throw new Error(`${command}: ${result.stderr}${result.stdout}`);
  return result.stdout;
}

async function apply(...items: object[]): Promise<void> {
  const list = Buffer.from(JSON.stringify({ apiVersion: "v1", kind: "List", items })).toString("base64");
  await run(`base64 -d <<'END' | kubectl apply -f - >/dev/null\n${list}\nEND`);
}

function server(name: string, nodeName: string): object {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels: { app: "web", only: name } },
    spec: {
      nodeName,
      terminationGracePeriodSeconds: 0,
      containers: [
        {
          name: "server",
          image: "registry.k8s.io/e2e-test-images/agnhost:2.53",
          args: ["netexec", "--http-port=8080", "--udp-port=8081"],
          ports: [
            { name: "web", containerPort: 8080 },
            { name: "datagrams", containerPort: 8081, protocol: "UDP" },
          ],
          readinessProbe: {
            exec: { command: ["sh", "-c", "test ! -e /tmp/down"] },
            periodSeconds: 1,
            failureThreshold: 1,
          },
        },
      ],
    },
  };
}

function sleeper(name: string, nodeName: string): object {
  const container = { name: "curl", image: "curlimages/curl:8.11.1", command: ["sleep", "36000"] };
  return {
    ...{ apiVersion: "v1", kind: "Pod", metadata: { name } },
    spec: { nodeName, terminationGracePeriodSeconds: 0, containers: [container] },
  };
}

async function service(name: string, spec: object): Promise<{ ip: string; nodePort: string }> {
  const ports = [{ name: "http", port: 80, targetPort: "web" }];
  await apply({
    ...{ apiVersion: "v1", kind: "Service", metadata: { name } },
    spec: { selector: { app: "web" }, ports, ...spec },
  });
  const text = await run(
    `kubectl get service ${name} -o jsonpath='{.spec.clusterIP} {.spec.ports[0].nodePort}'`,
  );
  const [ip = "", nodePort = ""] = text.split(" ");
  // Each node has heard of the Service and of its endpoints.
  for (const node of ["controlplane", "node01"])
    await eventually(
      () => run(`iptables-save | grep '"default/${name}[: ]' || true`, node),
      (rules) => rules !== "" && !rules.includes("has no endpoints"),
    );
  return { ip, nodePort };
}

/** Which servers answered a number of requests, "a b". */
const answers = (text: string) => [...new Set(text.trim().split(/\s+/))].sort().join(" ");
const requests = (address: string, path: string, count: number) =>
  `for i in $(seq ${count}); do curl -s -m 3 http://${address}/${path} || echo none; echo; done`;
const fromPod = async (pod: string, address: string, count = 20) =>
  answers(await run(`kubectl exec ${pod} -- sh -c '${requests(address, "hostname", count)}'`));

/** A client outside the cluster: the lab's gateway, on the nodes' own network. */
async function fromOutside(address: string, path: string, count = 1): Promise<string> {
  return answers(await atGateway(clusterd, ["sh", "-c", requests(address, path, count)]));
}

test("a cluster address leads to every endpoint, from pods and from nodes, by named and by several ports", async () => {
  const { ip } = await service("both", {
    ports: [
      { name: "http", port: 80, targetPort: "web" },
      { name: "again", port: 8888, targetPort: 8080 },
    ],
  });
  expect(await fromPod("client", ip)).toBe("a b");
  expect(await fromPod("near", `${ip}:8888`)).toBe("a b");
  expect(await fromPod("client", "both.default.svc.cluster.local:8888", 2)).toMatch(/^[ab]( b)?$/);
  expect(answers(await run(requests(ip, "hostname", 20), "node01"))).toBe("a b");
});

test("session affinity keeps a client at its endpoint", async () => {
  const { ip } = await service("sticky", { sessionAffinity: "ClientIP" });
  expect(await fromPod("client", ip)).toMatch(/^[ab]$/);
  expect(await fromPod("near", ip)).toMatch(/^[ab]$/);
});

test("internalTrafficPolicy Local stays on the node, and drops where there is no endpoint", async () => {
  const { ip } = await service("inside", { internalTrafficPolicy: "Local" });
  expect(await fromPod("client", ip)).toBe("b");
  expect(await fromPod("near", ip)).toBe("a");
  const { ip: onlyB } = await service("inside-b", {
    internalTrafficPolicy: "Local",
    selector: { only: "b" },
  });
  expect(await fromPod("client", onlyB, 3)).toBe("b");
  expect(await fromPod("near", onlyB, 1)).toBe("none");
});

test("a node port answers outside the cluster on every node, and on localhost", async () => {
  const { nodePort } = await service("outside", { type: "NodePort" });
  expect(await fromOutside(`${worker}:${nodePort}`, "hostname", 20)).toBe("a b");
  expect(await fromOutside(`${controlplane}:${nodePort}`, "hostname", 20)).toBe("a b");
  expect(await fromOutside(`${worker}:${nodePort}`, "clientip", 5)).not.toContain(gateway);
  for (const node of ["controlplane", "node01"])
    for (const host of ["localhost", "127.0.0.1"])
      expect(
        answers(await run(requests(`${host}:${nodePort}`, "hostname", 20), node)),
        `${host} on ${node}`,
      ).toBe("a b");
  expect(await run("cat /proc/sys/net/ipv4/conf/all/route_localnet", "node01")).toBe("1\n");
});

test("externalTrafficPolicy Local keeps the client's address and drops where there is no endpoint", async () => {
  const { nodePort } = await service("kept", {
    ...{ type: "NodePort", externalTrafficPolicy: "Local", selector: { only: "b" } },
  });
  expect(await fromOutside(`${worker}:${nodePort}`, "hostname", 5)).toBe("b");
  expect(await fromOutside(`${worker}:${nodePort}`, "clientip")).toMatch(new RegExp(`^${gateway}:`));
  expect(await fromOutside(`${controlplane}:${nodePort}`, "hostname")).toBe("none");
});

test("traffic follows readiness", async () => {
  const { ip } = await service("ready", {});
  await run("kubectl exec b -- touch /tmp/down");
  expect(
    await eventually(
      () => fromPod("client", ip, 15),
      (who) => who === "a",
    ),
  ).toBe("a");
  await run("kubectl exec a -- touch /tmp/down");
  expect(
    await eventually(
      () => run(`kubectl exec client -- curl -s -m 3 http://${ip}/ 2>&1 || echo code $?`),
      (text) => text.includes("code 7"),
    ),
  ).toContain("code 7"); // connection refused
  await run("kubectl exec a -- rm /tmp/down; kubectl exec b -- rm /tmp/down");
  expect(
    await eventually(
      () => fromPod("client", ip),
      (who) => who === "a b",
    ),
  ).toBe("a b");
});

test("a client that keeps its UDP port is led to another endpoint when its own is gone", async () => {
  const { ip } = await service("datagrams", {
    ports: [{ name: "udp", port: 90, protocol: "UDP", targetPort: "datagrams" }],
    sessionAffinity: "ClientIP",
  });
  const script = `
    exec 3<>/dev/udp/${ip}/90
    ask() { printf hostname >&3; timeout 2 dd bs=200 count=1 <&3 2>/dev/null; }
    first=$(ask); echo "$first"
    kubectl delete pod "$first" --now >/dev/null
    for i in $(seq 30); do second=$(ask); [ -n "$second" ] && [ "$second" != "$first" ] && break; done
    echo "$second"`;
  const [first, second] = (await run(script)).trim().split("\n");
  expect([first, second].sort()).toEqual(["a", "b"]);
  await apply(server(first!, first === "a" ? "controlplane" : "node01"));
  await run(`kubectl wait --for=condition=Ready pod/${first} --timeout=60s`);
});

test("five hundred Services are loaded on every node; agents and clusterd start anew beside them, and one that is deleted is gone", async () => {
  const names = Array.from({ length: 500 }, (_, index) => `many-${index}`);
  await apply(
    ...names.map((name) => ({
      ...{ apiVersion: "v1", kind: "Service", metadata: { name } },
      spec: { selector: { app: "web" }, ports: [{ port: 80, targetPort: 8080 }] },
    })),
  );
  const loaded = (node: string) =>
    run(`iptables-save -t nat | grep -c '"default/many-[0-9]* cluster IP" .* -j KUBE-SVC' || true`, node);
  const all = (count: string) => Number(count) === 500;
  for (const node of ["controlplane", "node01"])
    expect(Number(await eventually(() => loaded(node), all, 90_000)), node).toBe(500);
  expect(await fromPod("client", "many-499")).toBe("a b");

  await clusterd.kill();
  await clusterd.restart();
  await eventually(
    () => clusterd.client.call("lab.status", { labId }),
    ({ phase }) => phase === "ready",
    60_000,
  );
  await run(
    "kubectl -n kube-flannel delete pod --all --now && kubectl -n kube-flannel rollout status ds --timeout=60s",
  );
  const restarts = await run(
    "kubectl -n kube-flannel get pods -o jsonpath='{.items[*].status.containerStatuses[*].restartCount}'",
  );
  expect(restarts).toBe("0 0");

  await run("kubectl delete service many-7");
  for (const node of ["controlplane", "node01"]) {
    const left = await eventually(
      () => run("iptables-save | grep -c 'default/many-7 ' || true", node),
      (count) => Number(count) === 0,
      60_000,
    );
    expect(Number(left), node).toBe(0);
    expect(Number(await loaded(node)), node).toBe(499);
  }
  expect(await fromPod("client", "many-8")).toBe("a b");
}, 300_000);
