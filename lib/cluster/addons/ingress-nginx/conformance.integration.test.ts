import { afterAll, beforeAll, expect, test } from "vitest";
import { startAddonLab, type AddonLab } from "@/lib/cluster/addons/testing";
import { startTestClusterd, type TestClusterd } from "@/lib/clusterd/testing";
import { eventually } from "@/lib/core/testing";
import { changeUnderLoad, steadyBackend, steadyIngress } from "../testing-load";

/**
 * The features of kubernetes-sigs/ingress-controller-conformance (features/*.feature), each scenario as a line of a table.
 * One server stands for all backends: each listens on a port of its own and tells what it was asked for.
 */

const backends = [
  "echo-service",
  "foo-exact",
  "foo-prefix",
  "foo-slash-exact",
  "aaa-prefix",
  "aaa-slash-bbb-prefix",
  "aaa-slash-bbb-slash-prefix",
  "wildcard-foo-com",
  "foo-bar-com",
];
const echo = (name: string, index: number) => `
server {
  listen ${8000 + index};
  default_type application/json;
  location / { return 200 '{"service":"${name}","pod":"$hostname","method":"$request_method","path":"$request_uri","host":"$http_host","proto":"$server_protocol"}'; }
}`;
const objects = [
  {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "echo" },
    data: { "echo.conf": backends.map(echo).join("\n") },
  },
  {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "echo" },
    spec: {
      selector: { matchLabels: { app: "echo" } },
      template: {
        metadata: { labels: { app: "echo" } },
        spec: {
          terminationGracePeriodSeconds: 1,
          containers: [
            {
              name: "echo",
              image: "nginx:alpine",
              readinessProbe: { tcpSocket: { port: 8000 }, periodSeconds: 1 },
              volumeMounts: [{ name: "conf", mountPath: "/etc/nginx/conf.d" }],
            },
          ],
          volumes: [{ name: "conf", configMap: { name: "echo" } }],
        },
      },
    },
  },
  ...backends.map((name, index) => ({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name },
    spec: { selector: { app: "echo" }, ports: [{ name: "http", port: 8080, targetPort: 8000 + index }] },
  })),
];

interface Answer {
  status: number;
  /** Empty for a page of the controller's own. */
  echo: { service?: string; pod?: string; method?: string; path?: string; host?: string; proto?: string };
  headers: string[];
}
type Asked = [method: string, url: string];

let clusterd: TestClusterd;
let lab: AddonLab;
const node = "172.30.7.11";

beforeAll(async () => {
  clusterd = await startTestClusterd();
  lab = await startAddonLab(clusterd, "ingress-conformance", [
    { name: "bridge" },
    { name: "kube-proxy" },
    {
      name: "ingress-nginx",
      options: { httpNodePort: 30080, httpsNodePort: 30443, isDefaultClass: true },
    },
  ]);
  await lab.apply(JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }));
  await lab.run(
    "kubectl rollout status deployment echo --timeout=90s && kubectl -n ingress-nginx wait --for=condition=complete job --all --timeout=90s && kubectl -n ingress-nginx rollout status deployment ingress-nginx-controller --timeout=90s",
  );
}, 400_000);
afterAll(() => clusterd?.close(), 300_000);

/** All of it in one shell: what each request got. An empty host is the node's own address. */
async function ask(requests: Asked[], extra = ""): Promise<Answer[]> {
  const commands = requests.map(([method, url]) => {
    const { protocol, hostname, pathname } = new URL(url);
    const [scheme, port] = protocol === "https:" ? ["https", 30443] : ["http", 30080];
    const name = hostname === "none" ? node : hostname;
    return `curl -s -m 5 -X ${method} -D - -w '\\n%{http_code}\\n' ${extra} -H 'Host: ${name}' --connect-to ::${node}:${port} '${scheme}://${name}${pathname}'; printf '\\036'`;
  });
  const text = await lab.run(`${commands.join("\n")}\ntrue`);
  const answers = text.split("\x1e").slice(0, -1);
  return answers.map((answer) => {
    const status = Number(/(\d+)\n$/.exec(answer)?.[1]);
    const [head = "", body = ""] = answer.split("\r\n\r\n");
    const headers = [...head.matchAll(/^([\w-]+):/gm)].map(([, name]) => name!.toLowerCase());
    const json = /\{.*\}/.exec(body)?.[0];
    return { status, headers, echo: json ? (JSON.parse(json) as Answer["echo"]) : {} };
  });
}

/** An Ingress that stands for the length of `work`, from when its status says where it is exposed. */
async function withIngress(name: string, spec: object, annotations: object, work: () => Promise<void>) {
  const ingress = {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name, annotations },
    spec,
  };
  await lab.apply(JSON.stringify(ingress));
  try {
    const exposed = `kubectl get ingress ${name} -o jsonpath='{.status.loadBalancer.ingress[0].ip}'`;
    expect(
      await eventually(
        () => lab.run(exposed),
        (ip) => ip !== "",
      ),
    ).not.toBe("");
    await work();
  } finally {
    await lab.run(`kubectl delete ingress ${name}`);
  }
}

const rule = (
  host: string,
  ...paths: [path: string, pathType: string, service: string, port?: object][]
) => ({
  host,
  http: {
    paths: paths.map(([path, pathType, name, port = { number: 8080 }]) => ({
      ...{ path, pathType },
      backend: { service: { name, port } },
    })),
  },
});
const seen = ({ status, echo: { service, path } }: Answer) =>
  status === 200 ? `${service} ${path}` : String(status);
/** What each line of a table gets, once the first one is as it should be: then nginx has gone over to the Ingress. */
async function askAll(table: [...Asked, expected: string][]): Promise<void> {
  const requests = table.map(([method, url]): Asked => [method, url]);
  const [first] = table;
  await eventually(
    async () => seen((await ask(requests.slice(0, 1)))[0]!),
    (text) => text === first![2],
    10_000,
  );
  const answers = await ask(requests);
  expect(table.map(([method, url], index) => [method, url, seen(answers[index]!)])).toEqual(table);
}

test("default backend: an Ingress without rules sends everything to it", async () => {
  const spec = { defaultBackend: { service: { name: "echo-service", port: { number: 8080 } } } };
  await withIngress("default-backend", spec, {}, async () => {
    const table: [...Asked, string][] = [
      ["GET", "http://my-host/", "echo-service /"],
      ["GET", "http://my-host/sub-path", "echo-service /sub-path"],
      ["POST", "http://some-host/", "echo-service /"],
      ["PUT", "http://none/resource", "echo-service /resource"],
      ["DELETE", "http://some-host/resource", "echo-service /resource"],
      ["PATCH", "http://my-host/resource", "echo-service /resource"],
    ];
    await askAll(table);
    const answers = await ask(table.map(([method, url]): Asked => [method, url]));
    for (const [index, { echo, headers }] of answers.entries()) {
      expect([echo.method, echo.proto]).toEqual([table[index]![0], "HTTP/1.1"]);
      expect(headers).toEqual(expect.arrayContaining(["content-length", "content-type", "date"]));
    }
  });
});

test("load balancing: a hundred requests reach all of ten pods, and all are answered", async () => {
  const spec = { defaultBackend: { service: { name: "echo-service", port: { number: 8080 } } } };
  await withIngress("load-balancing", spec, {}, async () => {
    await lab.run(
      "kubectl scale deployment echo --replicas=10 && kubectl rollout status deployment echo --timeout=90s",
    );
    const requests = Array.from({ length: 100 }, (): Asked => ["GET", "http://load-balancing/"]);
    const pods = (answers: Answer[]) => new Set(answers.map(({ echo }) => echo.pod));
    const answers = await eventually(
      () => ask(requests),
      (list) => pods(list).size === 10,
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(pods(answers).size).toBe(10);
    await lab.run("kubectl scale deployment echo --replicas=1");
  });
});

test("host rules: exact names, wildcards of one label, TLS by the name that the client gives", async () => {
  await lab.run(
    "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=foo.bar.com -addext subjectAltName=DNS:foo.bar.com -keyout /tmp/k -out /tmp/c 2>/dev/null && kubectl create secret tls conformance-tls --cert=/tmp/c --key=/tmp/k",
  );
  const spec = {
    tls: [{ hosts: ["foo.bar.com"], secretName: "conformance-tls" }],
    rules: [
      rule("*.foo.com", ["/", "Prefix", "wildcard-foo-com"]),
      rule("foo.bar.com", ["/", "Prefix", "foo-bar-com", { name: "http" }]),
    ],
  };
  const plain = { "nginx.ingress.kubernetes.io/ssl-redirect": "false" };
  await withIngress("host-rules", spec, plain, async () => {
    await askAll([
      ["GET", "http://foo.bar.com/", "foo-bar-com /"],
      ["GET", "http://subdomain.bar.com/", "404"],
      ["GET", "http://bar.foo.com/", "wildcard-foo-com /"],
      ["GET", "http://baz.bar.foo.com/", "404"],
      ["GET", "http://foo.com/", "404"],
    ]);
    const [answer] = await ask([["GET", "https://foo.bar.com/"]], "--cacert /tmp/c");
    expect(answer).toMatchObject({ status: 200, echo: { service: "foo-bar-com", host: "foo.bar.com" } });
    const subject = (name: string) =>
      lab.run(
        `openssl s_client -connect ${node}:30443 -servername ${name} </dev/null 2>/dev/null | openssl x509 -noout -subject`,
      );
    expect(await subject("foo.bar.com")).toContain("CN = foo.bar.com");
    expect(await subject("bar.foo.com")).toContain("Kubernetes Ingress Controller Fake Certificate");
  });
  // As ingress-nginx has it where nobody says otherwise: what has a certificate is not served without it.
  await withIngress("host-rules", spec, {}, () => askAll([["GET", "http://foo.bar.com/", "308"]]));
});

test("path rules: Exact, Prefix and ImplementationSpecific, and which of them goes first", async () => {
  const spec = {
    rules: [
      rule("exact-path-rules", ["/foo", "Exact", "foo-exact"]),
      rule(
        "prefix-path-rules",
        ["/foo", "Prefix", "foo-prefix"],
        ["/aaa/bbb", "Prefix", "aaa-slash-bbb-prefix"],
        ["/aaa", "Prefix", "aaa-prefix"],
      ),
      rule("mixed-path-rules", ["/foo", "Prefix", "foo-prefix"], ["/foo", "Exact", "foo-exact"]),
      rule(
        "trailing-slash-path-rules",
        ["/aaa/bbb/", "Prefix", "aaa-slash-bbb-slash-prefix"],
        ["/foo/", "Exact", "foo-slash-exact"],
      ),
      rule("specific-path-rules", ["/foo", "ImplementationSpecific", "foo-prefix"]),
    ],
  };
  await withIngress("path-rules", spec, {}, () =>
    askAll([
      ["GET", "http://exact-path-rules/foo", "foo-exact /foo"],
      ["GET", "http://exact-path-rules/foo/", "404"],
      ["GET", "http://exact-path-rules/FOO", "404"],
      ["GET", "http://exact-path-rules/bar", "404"],
      ["GET", "http://prefix-path-rules/foo", "foo-prefix /foo"],
      ["GET", "http://prefix-path-rules/foo/", "foo-prefix /foo/"],
      ["GET", "http://prefix-path-rules/FOO", "404"],
      ["GET", "http://prefix-path-rules/aaa/bbb", "aaa-slash-bbb-prefix /aaa/bbb"],
      ["GET", "http://prefix-path-rules/aaa/bbb/ccc", "aaa-slash-bbb-prefix /aaa/bbb/ccc"],
      ["GET", "http://prefix-path-rules/aaa/ccc", "aaa-prefix /aaa/ccc"],
      ["GET", "http://prefix-path-rules/aaaccc", "404"],
      ["GET", "http://mixed-path-rules/foo", "foo-exact /foo"],
      ["GET", "http://mixed-path-rules/foo/x", "foo-prefix /foo/x"],
      ["GET", "http://trailing-slash-path-rules/aaa/bbb", "aaa-slash-bbb-slash-prefix /aaa/bbb"],
      ["GET", "http://trailing-slash-path-rules/aaa/bbb/", "aaa-slash-bbb-slash-prefix /aaa/bbb/"],
      // The suite wants 404. nginx itself redirects to a location that ends with a slash, in the real ingress-nginx as here.
      ["GET", "http://trailing-slash-path-rules/foo", "301"],
      ["GET", "http://trailing-slash-path-rules/foo/", "foo-slash-exact /foo/"],
      ["GET", "http://specific-path-rules/foo", "foo-prefix /foo"],
      ["GET", "http://specific-path-rules/foo/bar", "foo-prefix /foo/bar"],
      ["GET", "http://specific-path-rules/foobar", "404"],
    ]),
  );
});

test("ingress class: an Ingress of a class that nobody has is neither exposed nor served", async () => {
  const ingress = (name: string, ingressClassName: string) =>
    JSON.stringify({
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata: { name },
      spec: { ingressClassName, rules: [rule(name, ["/", "Prefix", "echo-service"])] },
    });
  await lab.apply(ingress("test-ingress-class", "some-invalid-class-name"));
  await lab.apply(ingress("own-class", "nginx"));
  // The one that was applied later is served: the controller has seen both.
  await askAll([
    ["GET", "http://own-class/", "echo-service /"],
    ["GET", "http://test-ingress-class/", "404"],
  ]);
  const address = (name: string) =>
    lab.run(`kubectl get ingress ${name} -o jsonpath='{.status.loadBalancer.ingress}'`);
  expect(
    await eventually(
      () => address("own-class"),
      (text) => text !== "",
    ),
  ).not.toBe("");
  expect(await address("test-ingress-class")).toBe("");
  await lab.run("kubectl delete ingress own-class test-ingress-class");
});

test("what cannot be served is said where it is looked for, and everything else goes on", async () => {
  const make = (name: string, spec: object, annotations: object = {}) =>
    lab.apply(
      JSON.stringify({
        apiVersion: "networking.k8s.io/v1",
        kind: "Ingress",
        metadata: { name, annotations },
        spec,
      }),
    );
  const to = (host: string, service: string) => rule(host, ["/", "Prefix", service]);
  await make("good", { rules: [to("good", "echo-service")] });
  const refused = (name: string, spec: object, annotations?: object) =>
    make(name, spec, annotations).then(
      () => "taken",
      (failure: Error) => failure.message,
    );
  // The webhook knows of an Ingress as soon as its controller does, which serves it then.
  await askAll([["GET", "http://good/", "echo-service /"]]);
  expect(await refused("rival", { rules: [to("good", "foo-exact")] })).toContain(
    'host "good" and path "/" is already defined in ingress default/good',
  );
  await make("missing", { rules: [to("missing", "nobody")] });
  const secure = {
    rules: [to("insecure", "foo-prefix")],
    tls: [{ hosts: ["insecure"], secretName: "absent" }],
  };
  await make("insecure", secure, { "nginx.ingress.kubernetes.io/ssl-redirect": "false" });
  await askAll([
    ["GET", "http://insecure/", "foo-prefix /"],
    ["GET", "http://missing/", "503"],
    ["GET", "http://good/", "echo-service /"],
  ]);
  expect(await lab.run("kubectl describe ingress missing")).toContain('<error: services "nobody" not found>');
  const logs = () => lab.run("kubectl -n ingress-nginx logs deployment/ingress-nginx-controller");
  const said = await eventually(logs, (text) =>
    text.includes('Error getting SSL certificate "default/absent"'),
  );
  expect(said).toMatch(/Error getting SSL certificate "default\/absent": .*Using default certificate/);

  const snippet = { "nginx.ingress.kubernetes.io/configuration-snippet": "no_such_directive on;" };
  const broken = { rules: [to("broken", "foo-exact")] };
  expect(await refused("broken", broken, snippet)).toContain("Snippet directives are disabled");
  await lab.run(
    `kubectl -n ingress-nginx patch configmap ingress-nginx-controller --type=merge -p '{"data":{"allow-snippet-annotations":"true"}}'`,
  );
  const verdict = await eventually(
    () => refused("broken", broken, snippet),
    (text) => !text.includes("are disabled"),
  );
  expect(verdict).toMatch(
    /denied the request: \s*-+\s+Error: exit status 1[^]*unknown directive "no_such_directive"/,
  );
  // Nobody asks the webhook: then nginx refuses it, goes on as it is, and an event says why.
  await lab.run("kubectl delete validatingwebhookconfiguration ingress-nginx-admission");
  await make("broken", broken, snippet);
  const events = () =>
    lab.run("kubectl -n ingress-nginx get events --field-selector reason=RELOAD,type=Warning -o wide");
  expect(await eventually(events, (text) => text.includes("no_such_directive"))).toContain(
    "Error reloading NGINX: ",
  );
  await askAll([
    ["GET", "http://good/", "echo-service /"],
    ["GET", "http://broken/", "404"],
  ]);
  await lab.run("kubectl delete ingress good missing insecure broken");
});

test("twenty new routes come into force under a steady load, and no request of it fails", async () => {
  await lab.apply(steadyBackend + steadyIngress("steady"));
  await lab.run("kubectl rollout status deployment steady --timeout=60s");
  await lab.run(`until curl -sf -m 3 -H 'Host: steady.test' http://${node}:30080/; do sleep 0.1; done`);
  const { samples, failed, perSecond } = await changeUnderLoad((command) => lab.run(command), {
    ...{ address: `${node}:30080`, host: "r$i.test", manifest: steadyIngress("r$i"), changes: 20 },
  });
  expect([samples.length, failed]).toEqual([20, 0]);
  expect(perSecond).toBeGreaterThan(50);
});
