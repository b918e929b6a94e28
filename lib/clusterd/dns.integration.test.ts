import { afterAll, beforeAll, expect, test } from "vitest";
import { startReadyLab, startTestClusterd, type TestClusterd } from "./testing";

const labId = "lab-dns";
const timeout = 300_000;
let clusterd: TestClusterd;

beforeAll(async () => {
  clusterd = await startTestClusterd();
  await startReadyLab(clusterd.client, labId);
  await run(`
    kubectl create deployment web --image=nginx --replicas=2 && kubectl expose deployment web --port=80
    kubectl create service externalname out --external-name=web.default.svc.cluster.local
    kubectl run old --image=busybox:1.28 -- sleep 3600
    kubectl run new --image=busybox:1.36 -- sleep 3600
    kubectl run tools --image=registry.k8s.io/e2e-test-images/agnhost:2.53
    kubectl wait --for=condition=Ready pod --all --timeout=90s`);
}, 400_000);

afterAll(() => clusterd?.close(), 300_000);

async function attempt(command: string): Promise<{ stdout: string; exitCode: number }> {
  const { stdout, stderr, exitCode, timedOut } = await clusterd.client.call("lab.exec", {
    labId,
    node: "controlplane",
    argv: ["bash", "-c", command],
  });
  const more = exitCode === 0 ? "" : `${stderr}${timedOut ? `(it did not end)\n${await whatHangs()}` : ""}`;
  return { stdout: `${stdout}${more}`, exitCode };
}

/** What the nodes and clusterd say of pods that do not come or go. */
async function whatHangs(): Promise<string> {
  const look =
    "kubectl get pods -A -o wide | grep -v Running; crictl ps -a; crictl pods; ps -A -o pid,ppid,stat,wchan,args";
  const seen = await Promise.all(
    ["controlplane", "node01"].map((node) =>
      clusterd.client.call("lab.exec", { labId, node, argv: ["bash", "-c", look], timeoutMs: 30_000 }),
    ),
  );
  return [...seen.map(({ stdout, stderr }) => stdout + stderr), clusterd.warnings()].join("\n");
}

async function run(command: string): Promise<string> {
  const { stdout, exitCode } = await attempt(command);
  if (exitCode !== 0) throw new Error(`${command}: ${stdout}`);
  return stdout;
}

const serviceIp = () => run("kubectl get service web -o jsonpath='{.spec.clusterIP}'");
const logs = () =>
  attempt("kubectl logs -n kube-system -l k8s-app=kube-dns --tail=50").then(({ stdout }) => stdout);

/** Changes the Corefile with sed and starts coredns anew, as labs do. */
const edit = (script: string) =>
  run(`
    kubectl get configmap coredns -n kube-system -o yaml | sed ${script} | kubectl replace -f - >/dev/null
    kubectl delete pods -n kube-system -l k8s-app=kube-dns --grace-period=1 --wait=true >/dev/null`);
const serving = () =>
  run("kubectl rollout status deployment coredns -n kube-system --timeout=90s >/dev/null");

test("busybox 1.28 names the server and every address", async () => {
  const ip = await serviceIp();
  await expect
    .poll(() => run("kubectl exec old -- nslookup web"))
    .toBe(
      `Server:    10.96.0.10\nAddress 1: 10.96.0.10 kube-dns.kube-system.svc.cluster.local\n\n` +
        `Name:      web\nAddress 1: ${ip} web.default.svc.cluster.local\n`,
    );
  const { stdout, exitCode } = await attempt("kubectl exec old -- nslookup nope.default.svc.cluster.local.");
  expect(exitCode).not.toBe(0);
  expect(stdout).toContain("nslookup: can't resolve 'nope.default.svc.cluster.local.'");
});

test("later busyboxes print the server's port", async () => {
  const answer = await run("kubectl exec new -- nslookup web.default.svc.cluster.local");
  expect(answer).toMatch(/^Server:\t\t10\.96\.0\.10\nAddress:\t10\.96\.0\.10:53\n/);
  expect(answer).toContain(`Name:\tweb.default.svc.cluster.local\nAddress: ${await serviceIp()}\n`);
  const missing = await attempt("kubectl exec new -- nslookup nope.default.svc.cluster.local");
  expect(missing.stdout).toContain("** server can't find nope.default.svc.cluster.local: NXDOMAIN");
});

test("bind's nslookup, host and dig follow search lists, aliases, reverse names and TCP", async () => {
  const ip = await serviceIp();
  expect(await run("kubectl exec tools -- nslookup web")).toContain(
    `Server:\t\t10.96.0.10\nAddress:\t10.96.0.10#53\n\nName:\tweb.default.svc.cluster.local\nAddress: ${ip}\n`,
  );
  expect(await run("kubectl exec tools -- host out.default")).toContain(
    `out.default.svc.cluster.local is an alias for web.default.svc.cluster.local.\nweb.default.svc.cluster.local has address ${ip}\n`,
  );
  expect(await run(`kubectl exec tools -- dig +short -x ${ip}`)).toBe("web.default.svc.cluster.local.\n");
  expect(
    await run(
      "kubectl exec tools -- dig +tcp +short _dns-tcp._tcp.kube-dns.kube-system.svc.cluster.local SRV",
    ),
  ).toBe("0 100 53 kube-dns.kube-system.svc.cluster.local.\n");
  const missing = await run("kubectl exec tools -- dig nope.default.svc.cluster.local");
  expect(missing).toMatch(
    /status: NXDOMAIN[\s\S]*flags: qr aa rd;[\s\S]*cluster\.local\.\s+30\s+IN\s+SOA\s+ns\.dns\./,
  );
});

test(
  "a Corefile with stub domain, hosts, rewrite and log does what it says",
  async () => {
    await edit(
      String.raw`'s/^\( *\)ready$/\1log\n\1ready\n\1hosts {\n\1  10.9.8.7 db.corp.test\n\1  fallthrough\n\1}\n\1rewrite name shop.test web.default.svc.cluster.local/; s/^    \.:53 {/    stub.test:53 {\n      errors\n      forward . 10.255.255.1:5353\n    }\n&/'`,
    );
    await serving();
    expect(await run("kubectl exec tools -- dig +short db.corp.test")).toBe("10.9.8.7\n");
    expect(await run("kubectl exec tools -- dig +short shop.test")).toBe(`${await serviceIp()}\n`);
    expect(await run("kubectl exec tools -- dig +tries=1 +time=30 a.stub.test")).toContain(
      "status: SERVFAIL",
    );
    // What the query of the stub domain met is logged last.
    await expect
      .poll(logs)
      .toMatch(/\[ERROR\] plugin\/errors: 2 a\.stub\.test\. A: .*10\.255\.255\.1:5353: /);
    const text = await logs();
    expect(text).toMatch(/\.:53\nstub\.test\.:53\n/);
    expect(text).toMatch(
      /\[INFO\] [\d.]+:\d+ - \d+ "A IN db\.corp\.test\. udp \d+ false 1232" NOERROR qr,aa,rd \d+ [\d.]+s/,
    );
  },
  timeout,
);

test(
  "another coredns, in a pod of one's own, goes by its own ConfigMap",
  async () => {
    await run(`cat <<'EOF' | kubectl apply -f - >/dev/null
apiVersion: v1
kind: ConfigMap
metadata: { name: own-dns }
data:
  Corefile: |
    own.test {
        template IN A {
            answer "{{ .Name }} 60 IN A 192.0.2.7"
        }
    }
---
apiVersion: v1
kind: Pod
metadata: { name: own-dns }
spec:
  containers:
    - name: dns
      image: coredns/coredns:1.11.1
      args: [-conf, /own/Corefile]
      volumeMounts: [{ name: config, mountPath: /own }]
  volumes: [{ name: config, configMap: { name: own-dns } }]
EOF
      kubectl wait --for=condition=Ready pod/own-dns --timeout=90s >/dev/null`);
    const ip = await run("kubectl get pod own-dns -o jsonpath='{.status.podIP}'");
    await expect.poll(() => run("kubectl logs own-dns")).toMatch(/^own\.test\.:53\n/);
    expect(await run(`kubectl exec tools -- dig @${ip} +short x.own.test`)).toBe("192.0.2.7\n");
    expect(await run(`kubectl exec tools -- dig @${ip} web.default.svc.cluster.local`)).toContain(
      "status: REFUSED",
    );
  },
  timeout,
);

test(
  "a wrong Corefile makes coredns crash with the parser's words, and mending it makes names work again",
  async () => {
    await edit(String.raw`'s/^\( *\)ready$/\1readdy/'`);
    await expect
      .poll(() => attempt("kubectl get pods -n kube-system -l k8s-app=kube-dns").then(({ stdout }) => stdout))
      .toContain("CrashLoopBackOff");
    await expect
      .poll(logs)
      .toMatch(/^\/etc\/coredns\/Corefile:\d+ - Error during parsing: Unknown directive 'readdy'$/m);
    expect(
      (await attempt("kubectl exec tools -- dig +tries=1 +time=1 web.default.svc.cluster.local")).exitCode,
    ).not.toBe(0);
    await edit(String.raw`'s/^\( *\)readdy$/\1ready/'`);
    await serving();
    expect(await run("kubectl exec tools -- dig +short web.default.svc.cluster.local")).toBe(
      `${await serviceIp()}\n`,
    );
  },
  timeout,
);

test(
  "without its ClusterRoleBinding a new coredns says what is forbidden and is not ready",
  async () => {
    await run(`
      kubectl get clusterrolebinding system:coredns -o yaml > /tmp/binding.yaml
      kubectl delete clusterrolebinding system:coredns
      kubectl delete pods -n kube-system -l k8s-app=kube-dns --grace-period=1 --wait=true`);
    await expect.poll(logs).toContain('cannot list resource "services" in API group "" at the cluster scope');
    expect(
      await run(
        "kubectl get pods -n kube-system -l k8s-app=kube-dns -o jsonpath='{.items[*].status.containerStatuses[0].ready}'",
      ),
    ).not.toContain("true");
    await run("kubectl create -f /tmp/binding.yaml");
    await serving();
  },
  timeout,
);

test(
  "a changed ConfigMap is taken over by the running coredns, a wrong one is refused and said, and answers change their order",
  async () => {
    const change = (script: string) =>
      run(
        `kubectl get configmap coredns -n kube-system -o yaml | sed ${script} | kubectl replace -f - >/dev/null`,
      );
    const podNames = () => run("kubectl get pods -n kube-system -l k8s-app=kube-dns -o name");
    await edit(String.raw`'s/^\( *\)reload$/\1reload 2s 1s/'`);
    await serving();
    const names = await podNames();
    await change(
      String.raw`'s/^\( *\)ready$/\1ready\n\1rewrite name late.test web.default.svc.cluster.local/'`,
    );
    // Often enough to meet both pods: each reads its Corefile at a time of its own.
    const ask16 = "for i in $(seq 16); do dig +short late.test | grep . || echo none; done | sort -u";
    const late = `kubectl exec tools -- sh -c '${ask16}'`;
    const ip = `${await serviceIp()}\n`;
    await expect.poll(() => run(late), { timeout: 40_000 }).toBe(ip);
    await change(String.raw`'s/^\( *\)ready$/\1readdy/'`);
    await expect
      .poll(logs, { timeout: 40_000 })
      .toContain("plugin/reload: Corefile changed but reload failed: ");
    expect(await run(late)).toBe(ip);
    await change(String.raw`'s/^\( *\)readdy$/\1ready/'`);
    expect(await podNames()).toBe(names);

    await run("kubectl create deployment many --image=nginx --replicas=3 >/dev/null");
    await run("kubectl create service clusterip many --clusterip=None --tcp=80 >/dev/null");
    await run("kubectl rollout status deployment many --timeout=40s >/dev/null");
    const ask = `dig +short many.default.svc.cluster.local | tr "\\n" " "; echo`;
    await expect
      .poll(
        async () => {
          const text = await run(`kubectl exec tools -- sh -c 'for i in $(seq 20); do ${ask}; done'`);
          const orders = new Set(text.trim().split("\n"));
          return [...orders].every((order) => order.trim().split(" ").length === 3) && orders.size > 1;
        },
        { timeout: 30_000 },
      )
      .toBe(true);
  },
  2 * timeout,
);
