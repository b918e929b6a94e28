import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { compileChecks } from "@/lib/lab/compile-checks";
import { loadLab } from "@/lib/lab/load-lab";
import { readLabFolder } from "@/lib/lab/read-lab-folder";
import { runChecks } from "@/lib/checker/host/run-checks";
import { buildWorker } from "@/lib/checker/testing/build-worker";
import { fakeProbe, type FakeCluster } from "@/lib/checker/testing/fake-probe";

let workerFile: string;
beforeAll(async () => {
  workerFile = await buildWorker();
});
afterAll(() => rm(workerFile, { force: true }));

const node = (name: string, address: string) => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name },
  status: {
    addresses: [
      { type: "Hostname", address: name },
      { type: "InternalIP", address },
    ],
  },
});
const link = (ifname: string, address: string, ip: string, more: object = {}) => ({
  ifname,
  address,
  operstate: "UP",
  addr_info: ip ? [{ family: "inet", local: ip, prefixlen: 24 }] : [],
  ...more,
});
const links: Record<string, object[]> = {
  controlplane: [
    link("lo", "00:00:00:00:00:00", "127.0.0.1"),
    link("ens3", "02:aa:aa:aa:aa:01", "172.16.4.2"),
    link("cbr0", "ce:00:00:00:00:01", "10.5.0.1", { linkinfo: { info_kind: "bridge" } }),
    link("mine", "ce:00:00:00:00:02", "", { linkinfo: { info_kind: "bridge" }, operstate: "DOWN" }),
    link("veth1", "ce:00:00:00:00:03", "", { master: "cbr0" }),
  ],
  node01: [link("eth0", "02:aa:aa:aa:aa:02", "172.16.4.3")],
};
const sockets = `LISTEN 0 16384 127.0.0.1:10259 0.0.0.0:* users:(("kube-scheduler",pid=5,fd=3))
LISTEN 0 16384 127.0.0.1:2379 0.0.0.0:* users:(("etcd",pid=6,fd=3))
LISTEN 0 16384 172.16.4.2:2380 0.0.0.0:* users:(("etcd",pid=6,fd=4))
ESTAB 0 0 127.0.0.1:2379 127.0.0.1:40112 users:(("etcd",pid=6,fd=9))
ESTAB 0 0 127.0.0.1:2379 127.0.0.1:40114 users:(("etcd",pid=6,fd=10))
ESTAB 0 0 127.0.0.1:40112 127.0.0.1:2379 users:(("kube-apiserver",pid=7,fd=9))
ESTAB 0 0 172.16.4.2:2380 172.16.4.9:55001 users:(("etcd",pid=6,fd=11))
`;
const routes =
  "default via 172.16.4.1 dev eth0 \n172.16.4.0/24 dev eth0 proto kernel scope link src 172.16.4.3 \n";

function cluster(changes: { data?: Record<string, string>; file?: string } = {}): FakeCluster {
  return {
    nodes: ["controlplane", "node01"],
    objects: {
      nodes: [node("controlplane", "172.16.4.2"), node("node01", "172.16.4.3")],
      configmaps: changes.data
        ? [{ metadata: { name: "facts", namespace: "atlas" }, data: changes.data } as never]
        : [],
    },
    files: changes.file === undefined ? {} : { "controlplane:/root/routes.txt": changes.file },
    exec(place, argv) {
      const name = "node" in place ? place.node : "";
      const command = argv.join(" ");
      if (command === "ip -j -d address") return JSON.stringify(links[name]);
      if (command === "ip -j route")
        return JSON.stringify([{ dst: "default", gateway: "172.16.4.1", dev: "ens3" }]);
      if (command === "ip -4 route") return routes;
      if (command === "ss -Htanp") return sockets;
      if (command.includes("/etc/cni/net.d")) return '{"plugins":[{"type":"bridge","bridge":"cbr0"}]}';
      return undefined;
    },
  };
}

const right: Record<string, string> = {
  "node-count": "2",
  "controlplane-ip": "172.16.4.2",
  "controlplane-interface": "ens3",
  "controlplane-mac": "02-AA-AA-AA-AA-01",
  "worker-ip": "172.16.4.3",
  "worker-mac": "02:aa:aa:aa:aa:02",
  "runtime-bridge": "cbr0",
  "bridge-state": "UP",
  "default-gateway": "172.16.4.1",
  "scheduler-port": "10259",
  "etcd-port": "2379",
};

async function grade(answers: Record<string, string>, changes: Parameters<typeof cluster>[0] = {}) {
  const files = await readLabFolder(fileURLToPath(new URL(".", import.meta.url)));
  const questions = loadLab(files).manifest.questions.map(({ id, points }) => ({
    questionId: id,
    pointsMax: points,
    answer: answers[id],
  }));
  const parameters = { factsNamespace: "atlas", factsName: "facts", routesFile: "routes.txt" };
  const results = await runChecks(
    { source: await compileChecks(files), parameters, questions, deadlineMs: 60_000 },
    fakeProbe(cluster(changes)),
    { workerFile },
  );
  return Object.fromEntries(results.map((result) => [result.questionId, result]));
}

describe("explore-environment", { timeout: 120_000 }, () => {
  it("takes what the cluster shows for right", async () => {
    const data = { gateway: "172.16.4.1", "scheduler-port": "10259", "worker-mac": "02:AA:AA:AA:AA:02" };
    const results = await grade(right, { data, file: routes.replaceAll(" dev", "  dev") });
    expect(Object.values(results).filter(({ outcome }) => outcome !== "passed")).toEqual([]);
  });

  it("gives nothing for nothing", async () => {
    const results = Object.values(await grade({}));
    expect(results.reduce((sum, { points }) => sum + points, 0)).toBe(0);
    expect(results.filter(({ outcome }) => outcome === "ungradable")).toEqual([]);
  });

  it("gives a part for a part of the facts, and nothing for other routes", async () => {
    const results = await grade(
      {},
      { data: { gateway: "172.16.4.1", "worker-mac": "no" }, file: "default via 172.16.4.1 dev eth0\n" },
    );
    expect(results["record-facts"]).toMatchObject({ outcome: "partial", points: 1, pointsMax: 3 });
    expect(results["worker-routes"]).toMatchObject({ outcome: "failed", points: 0 });
  });
});
