import { expect, test } from "vitest";
import type { ServicePortInfo } from "./service-ports";
import { StaleFlows } from "./stale-flows";

const dns = (...ips: string[]): ServicePortInfo => ({
  ...{ name: "kube-system/kube-dns:dns", service: "kube-system/kube-dns", protocol: "udp" },
  ...{ clusterIp: "10.96.0.10", port: 53, nodePort: 30053 },
  ...{ externalIps: [], loadBalancerIps: [], sourceRanges: [], internalLocal: false, externalLocal: false },
  ready: ips.map((ip) => ({ ip, port: 53 })),
  terminating: [],
});

const flow = (source: string, destination: string, port: number, endpoint: string) =>
  `udp      17 28 src=${source} dst=${destination} sport=41000 dport=${port} [UNREPLIED] src=${endpoint} dst=${source} sport=53 dport=41000 mark=0 use=1`;

test("flows to endpoints that are gone are removed, by cluster address and by node port; nothing else is", async () => {
  const ran: { argv: string[]; stdin: string | undefined }[] = [];
  const table = [
    flow("10.244.1.3", "10.96.0.10", 53, "10.244.0.2"),
    flow("10.244.1.4", "10.96.0.10", 53, "10.244.0.9"),
    flow("172.30.7.1", "172.30.7.11", 30053, "10.244.0.9"),
    flow("10.244.1.3", "8.8.8.8", 53, "8.8.8.8"),
  ].join("\n");
  const flows = new StaleFlows({
    name: "node01",
    exec: (argv, stdin) => {
      ran.push({ argv, stdin });
      return Promise.resolve({
        exitCode: 0,
        stdout: argv[0] === "conntrack" ? table : "",
        stderr: "",
        truncated: false,
      });
    },
  });
  await flows.clean([dns("10.244.0.2")]);
  expect(ran.at(-1)?.stdin).toBe("10.244.1.4 41000 10.96.0.10 53\n172.30.7.1 41000 172.30.7.11 30053\n");
  const count = ran.length;
  await flows.clean([dns("10.244.0.2")]);
  expect(ran).toHaveLength(count);
  await flows.clean([dns()]);
  expect(ran.at(-1)?.stdin).toContain("10.244.1.3 41000 10.96.0.10 53\n");
  expect(ran.at(-1)?.stdin).not.toContain("8.8.8.8");
});

test("the flows are listed only when some of them can have become stale", async () => {
  let lists = 0;
  const flows = new StaleFlows({
    name: "node01",
    exec: () => {
      lists++;
      return Promise.resolve({ exitCode: 0, stdout: "", stderr: "", truncated: false });
    },
  });
  const listed = async (...ports: ServicePortInfo[]) => {
    const before = lists;
    await flows.clean(ports);
    return lists - before;
  };
  expect(await listed()).toBe(0);
  expect(await listed(dns())).toBe(0);
  expect(await listed(dns("10.244.0.2"))).toBe(1);
  expect(await listed(dns("10.244.0.2", "10.244.1.2"))).toBe(0);
  expect(await listed(dns("10.244.1.2"))).toBe(1);
  expect(await listed()).toBe(0);
});

test("a listing that failed is made again", async () => {
  const exitCodes = [1, 0];
  let lists = 0;
  const flows = new StaleFlows({
    name: "node01",
    exec: () =>
      Promise.resolve({ exitCode: exitCodes[lists++] ?? 0, stdout: "", stderr: "", truncated: false }),
  });
  for (let sync = 0; sync < 3; sync++) await flows.clean([dns("10.244.0.2")]);
  expect(lists).toBe(2);
});
