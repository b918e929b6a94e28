import { afterEach, describe, expect, test } from "vitest";
import { ManualClock } from "@/lib/core/clock";
import type { CorednsProcess } from "../coredns-process";
import { rcodes, type DnsMessage } from "../dns/types";
import { tokenPath } from "../kubernetes/view";
import { ask, FakePod, fakeView, query, startCoredns, told } from "../testing";

const running: CorednsProcess[] = [];
afterEach(() => running.splice(0).forEach((one) => one.stop()));

async function serving(lines: string[], prepare: (pod: FakePod) => void = () => undefined, key = ".") {
  const pod = new FakePod([`${key} {`, ...lines, "}", ""].join("\n"));
  prepare(pod);
  const clock = new ManualClock();
  const coredns = await startCoredns(pod, { clock });
  running.push(coredns);
  return {
    pod,
    clock,
    coredns,
    tell: async (...asked: Parameters<typeof query>) => told(await ask(coredns, query(...asked))),
  };
}

const kubernetes = [
  "kubernetes cluster.local in-addr.arpa ip6.arpa {",
  "pods insecure",
  "fallthrough in-addr.arpa ip6.arpa",
  "ttl 30",
  "}",
];

describe("kubernetes", () => {
  test.each<[string, Parameters<typeof query>[1], string]>([
    ["web.shop.svc.cluster.local.", "A", "NOERROR web.shop.svc.cluster.local. A 10.96.0.20"],
    ["WEB.shop.SVC.Cluster.Local.", "A", "NOERROR WEB.shop.SVC.Cluster.Local. A 10.96.0.20"],
    ["web.shop.svc.cluster.local.", "AAAA", "NOERROR"],
    [
      "db.shop.svc.cluster.local.",
      "A",
      "NOERROR db.shop.svc.cluster.local. A 10.244.1.2 db.shop.svc.cluster.local. A 10.244.1.3",
    ],
    ["db-0.db.shop.svc.cluster.local.", "A", "NOERROR db-0.db.shop.svc.cluster.local. A 10.244.1.2"],
    [
      "10-244-1-3.db.shop.svc.cluster.local.",
      "A",
      "NOERROR 10-244-1-3.db.shop.svc.cluster.local. A 10.244.1.3",
    ],
    ["db-9.db.shop.svc.cluster.local.", "A", "NXDOMAIN"],
    ["empty.shop.svc.cluster.local.", "A", "NXDOMAIN"],
    ["nope.shop.svc.cluster.local.", "A", "NXDOMAIN"],
    ["web.nope.svc.cluster.local.", "A", "NXDOMAIN"],
    ["shop.svc.cluster.local.", "A", "NOERROR"],
    ["nope.svc.cluster.local.", "A", "NXDOMAIN"],
    ["cluster.local.", "A", "NOERROR"],
    ["x.cluster.local.", "A", "NXDOMAIN"],
    [
      "_http._tcp.web.shop.svc.cluster.local.",
      "SRV",
      "NOERROR _http._tcp.web.shop.svc.cluster.local. SRV 80 web.shop.svc.cluster.local.",
    ],
    [
      "_sql._tcp.db.shop.svc.cluster.local.",
      "SRV",
      "NOERROR _sql._tcp.db.shop.svc.cluster.local. SRV 5432 10-244-1-3.db.shop.svc.cluster.local. " +
        "_sql._tcp.db.shop.svc.cluster.local. SRV 5432 db-0.db.shop.svc.cluster.local.",
    ],
    ["_none._tcp.web.shop.svc.cluster.local.", "SRV", "NXDOMAIN"],
    ["10-244-1-7.shop.pod.cluster.local.", "A", "NOERROR 10-244-1-7.shop.pod.cluster.local. A 10.244.1.7"],
    ["10-244-1-7.nope.pod.cluster.local.", "A", "NXDOMAIN"],
    ["20.0.96.10.in-addr.arpa.", "PTR", "NOERROR 20.0.96.10.in-addr.arpa. PTR web.shop.svc.cluster.local."],
    [
      "9.1.244.10.in-addr.arpa.",
      "PTR",
      "NOERROR 9.1.244.10.in-addr.arpa. PTR 10-244-1-9.web.shop.svc.cluster.local.",
    ],
    ["dns-version.cluster.local.", "TXT", "NOERROR dns-version.cluster.local. TXT 1.1.0"],
    [
      "inner.shop.svc.cluster.local.",
      "A",
      "NOERROR inner.shop.svc.cluster.local. CNAME web.shop.svc.cluster.local. web.shop.svc.cluster.local. A 10.96.0.20",
    ],
    ["out.shop.svc.cluster.local.", "A", "NOERROR out.shop.svc.cluster.local. CNAME example.com."],
    ["example.com.", "A", "SERVFAIL"],
  ])("%s %s", async (name, type, expected) => {
    const { tell } = await serving(kubernetes);
    expect(await tell(name, type)).toBe(expected);
  });

  test("what is not there comes with the zone's SOA, with the TTL of the Corefile", async () => {
    const { coredns } = await serving(kubernetes);
    const { authority, flags } = await ask(coredns, query("nope.shop.svc.cluster.local."));
    expect(flags.authoritative).toBe(true);
    expect(authority).toMatchObject([
      { name: "cluster.local.", ttl: 30, data: { type: "SOA", mname: "ns.dns.cluster.local.", minimum: 30 } },
    ]);
  });

  test("pods verified answers for pods that are there, disabled for none", async () => {
    const verified = await serving(["kubernetes cluster.local {", "pods verified", "}"]);
    expect(await verified.tell("10-244-1-9.shop.pod.cluster.local.")).toMatch(/^NOERROR .* A 10\.244\.1\.9$/);
    expect(await verified.tell("10-244-1-8.shop.pod.cluster.local.")).toBe("NXDOMAIN");
    const disabled = await serving(["kubernetes cluster.local"]);
    expect(await disabled.tell("10-244-1-9.shop.pod.cluster.local.")).toBe("NXDOMAIN");
  });

  test("endpoint_pod_names, namespaces and several zones count", async () => {
    const { tell } = await serving([
      "kubernetes cluster.local kube.test {",
      "endpoint_pod_names",
      "namespaces shop",
      "}",
    ]);
    expect(await tell("db-x.db.shop.svc.kube.test.")).toBe(
      "NOERROR db-x.db.shop.svc.kube.test. A 10.244.1.3",
    );
    expect(await tell("kube-dns.kube-system.svc.cluster.local.")).toBe("NXDOMAIN");
  });

  test("without rights it says what is forbidden, answers SERVFAIL and is not ready", async () => {
    const pod = new FakePod([".:53 {", "ready", "kubernetes cluster.local", "}"].join("\n"));
    const clock = new ManualClock();
    const view = fakeView({ mayList: (_user, _group, resource) => Promise.resolve(resource !== "services") });
    let isStarted = false;
    const starting = startCoredns(pod, { clock, view }).finally(() => (isStarted = true));
    while (!isStarted) await clock.advance(500);
    const coredns = await starting;
    running.push(coredns);
    expect(pod.output).toContain(
      'failed to list *v1.Service: services is forbidden: User "system:serviceaccount:kube-system:coredns" cannot list resource "services" in API group "" at the cluster scope',
    );
    expect(pod.output).toContain("[WARNING] plugin/kubernetes: starting server with unsynced Kubernetes API");
    expect(told(await ask(coredns, query("web.shop.svc.cluster.local.")))).toBe("SERVFAIL");
    expect(pod.http.get("ready")).toEqual({ code: 503, body: "kubernetes" });
  });

  test("without a service account token it does not start", async () => {
    const pod = new FakePod([".:53 {", ...kubernetes, "}", ""].join("\n"));
    pod.files.delete(tokenPath);
    running.push(await startCoredns(pod, { clock: new ManualClock() }));
    expect(pod.exitCode).toBe(1);
    expect(pod.output).toContain(`open ${tokenPath}: no such file or directory`);
  });
});

describe("hosts", () => {
  const lines = [
    "hosts {",
    "10.0.0.1 db.internal DB2.internal",
    "fd00::1 db.internal",
    "fallthrough",
    "}",
    "whoami",
  ];

  test.each<[string, Parameters<typeof query>[1], string]>([
    ["db.internal.", "A", "NOERROR db.internal. A 10.0.0.1"],
    ["db2.INTERNAL.", "A", "NOERROR db2.INTERNAL. A 10.0.0.1"],
    ["db.internal.", "AAAA", "NOERROR db.internal. AAAA fd00::1"],
    ["db2.internal.", "AAAA", "NOERROR"],
    [
      "1.0.0.10.in-addr.arpa.",
      "PTR",
      "NOERROR 1.0.0.10.in-addr.arpa. PTR db.internal. 1.0.0.10.in-addr.arpa. PTR db2.internal.",
    ],
    ["other.internal.", "A", "NOERROR"],
  ])("%s %s", async (name, type, expected) => {
    const { tell } = await serving(lines);
    expect(await tell(name, type)).toBe(expected);
  });

  test("reads a file and follows its changes; without fallthrough the rest fails", async () => {
    const { pod, tell, clock } = await serving(["hosts /etc/table example.org"], (one) =>
      one.files.set("/etc/table", "10.0.0.2 a.example.org # a\n"),
    );
    expect(await tell("a.example.org.")).toBe("NOERROR a.example.org. A 10.0.0.2");
    expect(await tell("b.example.org.")).toBe("SERVFAIL");
    pod.files.set("/etc/table", "10.0.0.3 b.example.org\n");
    await clock.advance(5000);
    expect(await tell("b.example.org.")).toBe("NOERROR b.example.org. A 10.0.0.3");
  });
});

describe("rewrite", () => {
  test.each<[string, string[], string, string]>([
    [
      "an exact name, and its answer back",
      ["name shop.test web.shop.svc.cluster.local"],
      "shop.test.",
      "NOERROR shop.test. A 10.96.0.20",
    ],
    [
      "a suffix with answer auto",
      ["name suffix .shop.test .shop.svc.cluster.local answer auto"],
      "web.shop.test.",
      "NOERROR web.shop.test. A 10.96.0.20",
    ],
    [
      "a suffix whose answer stays",
      ["name suffix .shop.test .shop.svc.cluster.local"],
      "web.shop.test.",
      "NOERROR web.shop.svc.cluster.local. A 10.96.0.20",
    ],
    [
      "a pattern with groups, and its answer back",
      [
        "stop {",
        "name regex (.*)\\.my\\.test {1}.shop.svc.cluster.local",
        "answer name (.*)\\.shop\\.svc\\.cluster\\.local {1}.my.test",
        "}",
      ],
      "web.my.test.",
      "NOERROR web.my.test. A 10.96.0.20",
    ],
    [
      "a substring",
      ["name substring shop.prod shop.svc.cluster.local answer auto"],
      "web.shop.prod.",
      "NOERROR web.shop.prod. A 10.96.0.20",
    ],
    [
      "one after the other with continue",
      ["continue name a.test b.test", "rewrite name b.test web.shop.svc.cluster.local"],
      "a.test.",
      "NOERROR a.test. A 10.96.0.20",
    ],
    [
      "only the first with stop",
      ["name a.test b.test", "rewrite name b.test web.shop.svc.cluster.local"],
      "a.test.",
      "SERVFAIL",
    ],
  ])("%s", async (_what, rules, name, expected) => {
    const { tell } = await serving([`rewrite ${rules[0]}`, ...rules.slice(1), ...kubernetes]);
    expect(await tell(name)).toBe(expected);
  });

  test("a TTL", async () => {
    const { coredns } = await serving(["rewrite ttl suffix cluster.local. 100-200", ...kubernetes]);
    expect((await ask(coredns, query("web.shop.svc.cluster.local."))).answers[0]?.ttl).toBe(100);
  });
});

test("template answers by pattern, denies and falls through", async () => {
  const { tell } = await serving([
    "template IN A example.test {",
    "match ^ip-(?P<a>[0-9]+)-(?P<b>[0-9]+)[.]example[.]test[.]$",
    'answer "{{ .Name }} 60 IN A 10.0.{{ .Group.a }}.{{ index .Match 2 }}"',
    "fallthrough",
    "}",
    "template ANY ANY example.test {",
    "rcode NXDOMAIN",
    'authority "example.test. 60 IN SOA ns.example.test. host.example.test. 1 60 60 60 60"',
    "}",
  ]);
  expect(await tell("ip-3-4.example.test.")).toBe("NOERROR ip-3-4.example.test. A 10.0.3.4");
  expect(await tell("other.example.test.")).toBe("NXDOMAIN");
  expect(await tell("other.test.")).toBe("SERVFAIL");
});

test("file serves a zone: relative names, aliases, wildcards, delegation of names that are only between", async () => {
  const { tell } = await serving(["file /zones/db.example.org example.org"], (pod) =>
    pod.files.set(
      "/zones/db.example.org",
      [
        "$TTL 300",
        "@ IN SOA ns host ( 1 ; serial",
        "  3600 600 86400 300 )",
        "  IN NS ns",
        "ns IN A 10.0.0.53",
        "www 60 IN CNAME ns",
        "*.apps IN A 10.0.0.80",
        'a.b IN TXT "two words"',
        "",
      ].join("\n"),
    ),
  );
  expect(await tell("ns.example.org.")).toBe("NOERROR ns.example.org. A 10.0.0.53");
  expect(await tell("www.example.org.")).toBe(
    "NOERROR ns.example.org. A 10.0.0.53 www.example.org. CNAME ns.example.org.",
  );
  expect(await tell("x.apps.example.org.")).toBe("NOERROR x.apps.example.org. A 10.0.0.80");
  expect(await tell("a.b.example.org.", "TXT")).toBe("NOERROR a.b.example.org. TXT two words");
  expect(await tell("b.example.org.")).toBe("NOERROR");
  expect(await tell("nope.example.org.")).toBe("NXDOMAIN");
});

describe("forward", () => {
  const upstream = (address: string) => (): Partial<DnsMessage> => ({
    answers: [{ name: "example.com.", ttl: 300, data: { type: "A", address } }],
  });

  test("asks the servers of resolv.conf, by the client's own protocol", async () => {
    const { pod, coredns } = await serving(["forward . /etc/resolv.conf"], (one) => {
      one.files.set("/etc/resolv.conf", "search x\nnameserver 172.30.0.1\n");
      one.upstreams.set("172.30.0.1:53", upstream("93.184.216.34"));
    });
    expect(told(await ask(coredns, query("example.com.")))).toBe("NOERROR example.com. A 93.184.216.34");
    await ask(coredns, query("example.com."), { protocol: "tcp" });
    expect(pod.asked).toEqual(["udp 172.30.0.1:53", "tcp 172.30.0.1:53"]);
  });

  test("tells upstream failures by the plugin errors, and goes to the next server", async () => {
    const { pod, tell } = await serving(
      ["errors", "forward . 1.1.1.1 8.8.8.8 {", "policy sequential", "}"],
      (one) => one.upstreams.set("8.8.8.8:53", upstream("10.9.9.9")),
    );
    expect(await tell("example.com.")).toBe("NOERROR example.com. A 10.9.9.9");
    pod.upstreams.clear();
    expect(await tell("Other.com.")).toBe("SERVFAIL");
    expect(pod.output).toMatch(
      /\[ERROR\] plugin\/errors: 2 other\.com\. A: dial udp [18.]+:53: connect: network is unreachable\n/,
    );
  });

  test("zones with servers of their own, and names that are left out", async () => {
    const { pod, tell } = await serving(
      ["forward stub.test 10.1.1.1:5353", "forward . 10.2.2.2 {", "except corp.test", "}"],
      (one) => {
        for (const address of ["10.1.1.1:5353", "10.2.2.2:53"])
          one.upstreams.set(address, upstream("10.0.0.1"));
      },
    );
    await tell("a.stub.test.");
    await tell("example.com.");
    expect(pod.asked).toEqual(["udp 10.1.1.1:5353", "udp 10.2.2.2:53"]);
    expect(await tell("a.corp.test.")).toBe("SERVFAIL");
  });
});

test("cache answers for as long as the TTL and no longer, with what is left of it", async () => {
  let asked = 0;
  const { coredns, clock } = await serving(["cache 30", "forward . 1.1.1.1"], (pod) =>
    pod.upstreams.set("1.1.1.1:53", () => {
      asked++;
      return { answers: [{ name: "a.test.", ttl: 300, data: { type: "A", address: "10.0.0.1" } }] };
    }),
  );
  const ttl = async () => (await ask(coredns, query("a.test."))).answers[0]?.ttl;
  expect(await ttl()).toBe(30);
  await clock.advance(10_000);
  expect([await ttl(), asked]).toEqual([20, 1]);
  await clock.advance(21_000);
  expect([await ttl(), asked]).toEqual([30, 2]);
});

test("cache keeps denials, but not those of a zone that is left out", async () => {
  let asked = 0;
  const soa = {
    type: "SOA",
    mname: "a.",
    rname: "b.",
    serial: 1,
    refresh: 1,
    retry: 1,
    expire: 1,
    minimum: 60,
  } as const;
  const { tell } = await serving(["cache {", "disable denial out.test", "}", "forward . 1.1.1.1"], (pod) =>
    pod.upstreams.set("1.1.1.1:53", (asking) => {
      asked++;
      return {
        flags: { ...asking.flags, response: true, rcode: rcodes.NXDOMAIN },
        authority: [{ name: "test.", ttl: 60, data: soa }],
      };
    }),
  );
  for (const name of ["a.test.", "a.test.", "b.out.test.", "b.out.test."])
    expect(await tell(name)).toBe("NXDOMAIN");
  expect(asked).toBe(3);
});

test("log writes each query in CoreDNS's format", async () => {
  const { pod, tell } = await serving(["log", ...kubernetes]);
  await tell("Web.shop.svc.cluster.local.", "A", { udpBytesMax: 1232, dnssecOk: false });
  await tell("nope.shop.svc.cluster.local.");
  const lines = pod.output.split("\n").filter((line) => line.includes("10.244.0.7"));
  expect(lines[0]).toMatch(
    /^\[INFO\] 10\.244\.0\.7:40312 - 43981 "A IN web\.shop\.svc\.cluster\.local\. udp 55 false 1232" NOERROR qr,aa,rd \d+ 0\.\d+s$/,
  );
  expect(lines[1]).toMatch(
    /"A IN nope\.shop\.svc\.cluster\.local\. udp 45 false 512" NXDOMAIN qr,aa,rd \d+ 0\.\d+s$/,
  );
});

test("log can be held to a class", async () => {
  const { pod, tell } = await serving(["log . {", "class denial", "}", ...kubernetes]);
  await tell("web.shop.svc.cluster.local.");
  await tell("nope.shop.svc.cluster.local.");
  expect(pod.output.match(/"A IN \w+/g)).toEqual(['"A IN nope']);
});

test("loop ends a server that forwards to itself", async () => {
  const { pod, clock } = await serving(["loop", "forward . 127.0.0.1"], (one) => {
    // What is sent to 127.0.0.1 comes in here again.
    one.exchange = async (_network, _address, bytes) => {
      const from = { protocol: "udp", client: { ip: "127.0.0.1", port: 4000 }, port: 53 } as const;
      if (one.exitCode === undefined) return (await running.at(-1)!.answer(bytes, from))!;
      throw new Error("gone");
    };
  });
  await clock.advance(1000);
  await expect.poll(() => pod.exitCode).toBe(1);
  expect(pod.output).toMatch(
    /\[FATAL\] plugin\/loop: Loop \(127\.0\.0\.1:4000 -> :53\) detected for zone "\.", see https:\/\/coredns\.io\/plugins\/loop#troubleshooting\. Query: "HINFO \d+\.\d+\."/,
  );
});

test("reload follows a changed Corefile, and keeps the old one when the new one is wrong", async () => {
  const pod = new FakePod(
    '.:53 {\n reload 2s 0s\n template IN A {\n answer "{{ .Name }} 5 IN A 10.0.0.1"\n }\n}\n',
  );
  const clock = new ManualClock();
  const coredns = await startCoredns(pod, { clock });
  running.push(coredns);
  const tell = async () => told(await ask(coredns, query("a.test.")));
  expect(await tell()).toBe("NOERROR a.test. A 10.0.0.1");
  const changed = pod.files.get("/etc/coredns/Corefile")!.replace("10.0.0.1", "10.0.0.2");
  pod.files.set("/etc/coredns/Corefile", changed.replace("template", "tmplate"));
  pod.output = "";
  await clock.advance(2000);
  expect(pod.output).toBe(
    "[INFO] Reloading\n[ERROR] Restart failed: /etc/coredns/Corefile:3 - Error during parsing: Unknown directive 'tmplate'\n" +
      "[ERROR] plugin/reload: Corefile changed but reload failed: starting with listener file descriptors: " +
      "/etc/coredns/Corefile:3 - Error during parsing: Unknown directive 'tmplate'\n",
  );
  expect(await tell()).toBe("NOERROR a.test. A 10.0.0.1");
  pod.files.set("/etc/coredns/Corefile", changed);
  pod.output = "";
  await clock.advance(2000);
  expect(pod.output).toMatch(
    /^\[INFO\] Reloading\n\[INFO\] plugin\/reload: Running configuration SHA512 = [0-9a-f]{128}\n\[INFO\] Reloading complete\n$/,
  );
  expect(await tell()).toBe("NOERROR a.test. A 10.0.0.2");
});

test("the metrics page counts queries and replies", async () => {
  const { pod, tell, clock } = await serving(["prometheus :9153", ...kubernetes]);
  await tell("web.shop.svc.cluster.local.");
  await clock.advance(1000);
  const page = pod.http.get("metrics")!.body;
  expect(page).toContain(
    'coredns_dns_requests_total{family="1",proto="udp",server="dns://:53",type="A",view="",zone="."} 1',
  );
  expect(page).toContain(
    'coredns_dns_responses_total{plugin="",rcode="NOERROR",server="dns://:53",view="",zone="."} 1',
  );
});

test("a process that is told to end is a lame duck first", async () => {
  const { pod, coredns, clock } = await serving(["health {", "lameduck 5s", "}", "whoami"]);
  const ending = coredns.terminate();
  expect(told(await ask(coredns, query("a.test.")))).toBe("NOERROR");
  expect(pod.exitCode).toBeUndefined();
  await clock.advance(5000);
  await ending;
  expect(pod.exitCode).toBe(0);
  expect(pod.output).toContain("[INFO] plugin/health: Going into lameduck mode for 5s\n");
});
