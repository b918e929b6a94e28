import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createAuthority, issue } from "@/lib/core/x509/certificate";
import type { EndpointSlice, Ingress, Secret, Service } from "@/lib/cluster/resources/types";
import { pemOf } from "../model/certificate-for";
import { buildConfiguration } from "../model/build-configuration";
import type { Lookup } from "../model/lookup";
import { readControllerConfig } from "../settings/controller-config";
import { annotationPrefix, readSettings } from "../settings/read-settings";
import { namedBackends, startLocalNginx, type LocalNginx } from "../testing/local-nginx";
import { renderNginxConf } from "./nginx-conf";
import { authFile, certificatePath } from "./places";

const addresses = {
  wear: "127.0.1.1",
  video: "127.0.1.2",
  food: "127.0.1.3",
  error: "127.0.1.4",
  wear2: "127.0.1.5",
};
const endpoints: Record<string, string[]> = {
  wear: [addresses.wear],
  video: [addresses.video],
  food: [addresses.food],
  error: [addresses.error],
  pair: [addresses.wear, addresses.wear2],
  idle: [],
};
const ports = { http: 80, https: 443, default: 8181, status: 10246 };
const authority = createAuthority("test", Date.now());
const secrets = new Map<string, Secret>();
const lookup: Lookup = {
  service: (namespace, name) =>
    endpoints[name]
      ? ({
          apiVersion: "v1",
          kind: "Service",
          metadata: { name, namespace },
          spec: { ports: [{ name: "http", port: 80, targetPort: 8080, protocol: "TCP" }] },
        } as Service)
      : undefined,
  slicesOf: (namespace, service) => [
    {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { name: service, namespace },
      addressType: "IPv4",
      endpoints: (endpoints[service] ?? []).map((address) => ({
        addresses: [address],
        conditions: { ready: true },
      })),
      ports: [{ name: "http", port: 8080, protocol: "TCP" }],
    } as EndpointSlice,
  ],
  secret: (namespace, name) => secrets.get(`${namespace}/${name}`),
};

let nginx: LocalNginx | undefined;
beforeAll(async () => {
  nginx = await startLocalNginx(
    namedBackends(Object.fromEntries(Object.entries(addresses).map(([name, ip]) => [ip, name]))),
  );
}, 300_000);
afterAll(() => nginx?.stop());

type Path = [path: string, type: "Exact" | "Prefix" | "ImplementationSpecific", service: string];
let count = 0;
/** An Ingress of hosts and their paths; annotations without their prefix. */
function ingress(
  rules: Record<string, Path[]>,
  annotations: Record<string, string> = {},
  spec: Ingress["spec"] = {},
): Ingress {
  const number = ++count;
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: {
      name: `ingress-${number}`,
      namespace: "shop",
      uid: `uid-${number}`,
      creationTimestamp: new Date(number * 1000).toISOString(),
      annotations: Object.fromEntries(
        Object.entries(annotations).map(([name, value]) => [annotationPrefix + name, value]),
      ),
    },
    spec: {
      ...spec,
      rules: Object.entries(rules).map(([host, paths]) => ({
        ...(host === "*" ? {} : { host }),
        http: {
          paths: paths.map(([path, pathType, name]) => ({
            path,
            pathType,
            backend: { service: { name, port: { number: 80 } } },
          })),
        },
      })),
    },
  };
}

async function serve(...ingresses: Ingress[]): Promise<void> {
  const { config } = readControllerConfig(undefined);
  const configuration = buildConfiguration(
    ingresses.map((one) => ({ ingress: one, settings: readSettings(one, { allowSnippets: false }) })),
    lookup,
  );
  const fake = issue(authority, {
    commonName: "Kubernetes Ingress Controller Fake Certificate",
    usages: ["serverAuth"],
    dnsNames: ["ingress.local"],
    nowMs: Date.now(),
  });
  const files: Record<string, string> = {
    [certificatePath("default")]: fake.certificatePem + fake.privateKeyPem,
  };
  for (const [key, secret] of secrets) {
    const pem = pemOf(secret);
    if (pem) files[certificatePath(key)] = pem;
  }
  for (const { metadata } of ingresses)
    if (metadata.annotations?.[`${annotationPrefix}auth-secret`])
      files[authFile(metadata.namespace!, metadata.uid!)] = "ann:{PLAIN}secret\n";
  const conf = renderNginxConf(configuration, { config, ports, resolvers: [] });
  await nginx!.load({ ...files, "/etc/nginx/nginx.conf": conf });
}

/** "status body" of a GET. */
async function get(url: string, ...args: string[]): Promise<string> {
  const { hostname, protocol } = new URL(url);
  const resolve = `${hostname}:${protocol === "https:" ? 443 : 80}:127.0.0.1`;
  const { status, body } = await nginx!.curl("--resolve", resolve, "-k", ...args, url);
  return status === 200 ? body : String(status);
}

async function head(
  url: string,
  ...args: string[]
): Promise<{ status: number; headers: Record<string, string> }> {
  const { hostname, protocol } = new URL(url);
  const resolve = `${hostname}:${protocol === "https:" ? 443 : 80}:127.0.0.1`;
  return nginx!.curl("--resolve", resolve, "-k", ...args, url);
}

describe("hosts and paths", () => {
  test("a prefix matches whole path elements, an exact path itself, the longest wins", async () => {
    await serve(
      ingress({
        "shop.test": [
          ["/", "Prefix", "wear"],
          ["/foo", "Prefix", "video"],
          ["/foo/bar", "Exact", "food"],
          ["/trail/", "Prefix", "food"],
          ["/Case", "Exact", "food"],
        ],
      }),
    );
    const name = async (path: string) => (await get(`http://shop.test${path}`)).split(" ")[0];
    expect(await name("/foo")).toBe("video");
    expect(await name("/foo/")).toBe("video");
    expect(await name("/foo/x?y=1")).toBe("video");
    expect(await name("/foobar")).toBe("wear");
    expect(await name("/foo/bar")).toBe("food");
    expect(await name("/foo/bar/")).toBe("video");
    expect(await name("/trail")).toBe("food");
    expect(await name("/trail/x")).toBe("food");
    expect(await name("/case")).toBe("wear");
    expect(await name("/Case")).toBe("food");
    expect(await name("/anything")).toBe("wear");
  });

  test("hosts are told apart, a wildcard stands for one label, all else gets the default backend's 404", async () => {
    await serve(
      ingress({ "a.test": [["/", "Prefix", "wear"]], "*.b.test": [["/", "Prefix", "video"]] }),
      ingress({ "x.b.test": [["/only", "Exact", "food"]] }),
    );
    expect(await get("http://a.test/p?q=1")).toBe("wear GET /p?q=1 a.test");
    expect(await get("http://one.b.test/")).toContain("video");
    expect(await get("http://two.one.b.test/")).toBe("404");
    expect(await get("http://b.test/")).toBe("404");
    expect(await get("http://x.b.test/only")).toContain("food");
    expect(await get("http://x.b.test/other")).toBe("404");
    const { body } = await nginx!.curl("http://127.0.0.1/");
    expect(body).toContain("<center><h1>404 Not Found</h1></center>");
  });

  test("a default backend takes what no rule wants; a rule without host takes every host", async () => {
    const backend = { service: { name: "food", port: { number: 80 } } };
    await serve(
      ingress({}, {}, { defaultBackend: backend }),
      ingress({ "a.test": [["/a", "Prefix", "wear"]] }),
    );
    expect(await get("http://unknown.test/x")).toContain("food GET /x");
    expect(await get("http://a.test/other")).toBe("404");
    await serve(ingress({ "a.test": [["/a", "Prefix", "wear"]] }, {}, { defaultBackend: backend }));
    expect(await get("http://a.test/other")).toContain("food");
    await serve(ingress({ "*": [["/wear", "Prefix", "wear"]] }));
    expect(await get("http://unknown.test/wear")).toContain("wear");
    expect(await get("http://unknown.test/healthz")).toBe("");
  });

  test("a Service without endpoints answers 503, a missing one too; the older of two same paths stays", async () => {
    const older = ingress({ "a.test": [["/same", "Prefix", "wear"]] });
    await serve(
      ingress({
        "a.test": [
          ["/same", "Prefix", "video"],
          ["/idle", "Prefix", "idle"],
          ["/none", "Prefix", "absent"],
        ],
      }),
      older,
    );
    expect(await get("http://a.test/idle")).toBe("503");
    expect(await get("http://a.test/none")).toBe("503");
    expect(await get("http://a.test/same")).toContain("wear");
  });
});

describe("rewrites and redirects", () => {
  test("rewrite-target drops the path, or puts captured groups in its place", async () => {
    await serve(
      ingress(
        {
          "*": [
            ["/wear", "Prefix", "wear"],
            ["/stream", "Prefix", "video"],
          ],
        },
        { "rewrite-target": "/", "ssl-redirect": "false" },
      ),
      ingress(
        { "r.test": [["/something(/|$)(.*)", "ImplementationSpecific", "food"]] },
        { "rewrite-target": "/$2" },
      ),
      ingress({ "i.test": [["/[a-z]+/\\d{2}", "ImplementationSpecific", "video"]] }, { "use-regex": "true" }),
    );
    expect(await get("http://any.test/wear")).toContain("wear GET / ");
    expect(await get("http://any.test/stream/live?x=1")).toContain("video GET /?x=1");
    expect(await get("http://any.test/other")).toBe("404");
    expect(await get("http://r.test/something/new/1")).toContain("food GET /new/1");
    expect(await get("http://r.test/something")).toContain("food GET / ");
    expect(await get("http://r.test/SOMETHING/x")).toContain("food GET /x");
    expect(await get("http://i.test/abc/42")).toContain("video GET /abc/42");
    expect(await get("http://i.test/abc/4")).toBe("404");
  });

  test("hosts with TLS redirect to https unless told not to; forced where there is none", async () => {
    const tls = { tls: [{ hosts: ["t.test"], secretName: "absent" }] };
    await serve(
      ingress({ "t.test": [["/", "Prefix", "wear"]] }, {}, tls),
      ingress({ "f.test": [["/", "Prefix", "wear"]] }, { "force-ssl-redirect": "true" }),
      ingress({ "p.test": [["/", "Prefix", "wear"]] }),
    );
    const { status, headers } = await head("http://t.test/a?b=1");
    expect([status, headers.location]).toEqual([308, "https://t.test/a?b=1"]);
    expect(await get("https://t.test/")).toContain("wear");
    expect((await head("http://f.test/")).status).toBe(308);
    expect((await head("http://p.test/")).status).toBe(200);
    expect((await head("https://t.test/")).headers["strict-transport-security"]).toBe(
      "max-age=31536000; includeSubDomains",
    );
    await serve(ingress({ "t.test": [["/", "Prefix", "wear"]] }, { "ssl-redirect": "false" }, tls));
    expect((await head("http://t.test/")).status).toBe(200);
  });

  test("app-root, permanent and temporal redirects, www", async () => {
    await serve(
      ingress({ "a.test": [["/", "Prefix", "wear"]] }, { "app-root": "/app1" }),
      ingress({ "m.test": [["/", "Prefix", "wear"]] }, { "permanent-redirect": "https://new.test/x" }),
      ingress({ "n.test": [["/", "Prefix", "wear"]] }, { "temporal-redirect": "https://tmp.test" }),
      ingress(
        { "c.test": [["/", "Prefix", "wear"]] },
        { "permanent-redirect": "https://n.test", "permanent-redirect-code": "308" },
      ),
      ingress({ "w.test": [["/", "Prefix", "wear"]] }, { "from-to-www-redirect": "true" }),
    );
    const seen = async (url: string) => {
      const { status, headers } = await head(url);
      return `${status} ${headers.location}`;
    };
    expect(await seen("http://a.test/")).toBe("302 http://a.test/app1");
    expect(await get("http://a.test/app1")).toContain("wear GET /app1");
    expect(await seen("http://m.test/old")).toBe("301 https://new.test/x");
    expect(await seen("http://n.test/")).toBe("302 https://tmp.test");
    expect(await seen("http://c.test/")).toBe("308 https://n.test");
    expect(await seen("http://www.w.test/p")).toBe("308 http://w.test/p");
  });
});

describe("TLS", () => {
  test("a host's own certificate by SNI, the controller's for all others", async () => {
    const pair = issue(authority, {
      commonName: "own",
      usages: ["serverAuth"],
      dnsNames: ["own.test"],
      nowMs: Date.now(),
    });
    const encode = (text: string) => Buffer.from(text).toString("base64");
    secrets.set("shop/own", {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "own", namespace: "shop" },
      data: { "tls.crt": encode(pair.certificatePem), "tls.key": encode(pair.privateKeyPem) },
    });
    await serve(
      ingress(
        { "own.test": [["/", "Prefix", "wear"]] },
        {},
        { tls: [{ hosts: ["own.test"], secretName: "own" }] },
      ),
      ingress(
        { "wrong.test": [["/", "Prefix", "wear"]] },
        {},
        { tls: [{ hosts: ["wrong.test"], secretName: "own" }] },
      ),
    );
    const subject = (host: string) => nginx!.certificateSubject(host);
    expect(await subject("own.test")).toBe("CN=own");
    expect(await subject("wrong.test")).toContain("Fake Certificate");
    expect(await subject("else.test")).toContain("Fake Certificate");
    secrets.clear();
  });
});

describe("annotations", () => {
  const rule = (host: string, service = "wear"): Record<string, Path[]> => ({
    [host]: [["/", "Prefix", service]],
  });

  test("canary by header, cookie and weight, in this order", async () => {
    await serve(
      ingress(rule("c.test")),
      ingress(rule("c.test", "video"), {
        canary: "true",
        "canary-by-header": "X-Canary",
        "canary-by-cookie": "beta",
        "canary-weight": "0",
      }),
      ingress(rule("w.test")),
      ingress(rule("w.test", "video"), { canary: "true", "canary-weight": "50" }),
      ingress(rule("v.test")),
      ingress(rule("v.test", "video"), {
        canary: "true",
        "canary-by-header": "region",
        "canary-by-header-value": "eu",
      }),
      ingress(rule("alone.test", "video"), { canary: "true", "canary-weight": "100" }),
    );
    expect(await get("http://c.test/")).toContain("wear");
    expect(await get("http://c.test/", "-H", "X-Canary: always")).toContain("video");
    expect(await get("http://c.test/", "-b", "beta=always")).toContain("video");
    expect(await get("http://c.test/", "-b", "beta=always", "-H", "X-Canary: never")).toContain("wear");
    expect(await get("http://v.test/", "-H", "region: eu")).toContain("video");
    expect(await get("http://v.test/", "-H", "region: us")).toContain("wear");
    expect(await get("http://alone.test/")).toBe("404");
    const seen = new Set<string>();
    for (let i = 0; i < 40 && seen.size < 2; i++) seen.add((await get("http://w.test/")).split(" ")[0]!);
    expect(seen).toEqual(new Set(["wear", "video"]));
  });

  test("a cookie keeps a client at one endpoint", async () => {
    await serve(ingress(rule("s.test", "pair"), { affinity: "cookie", "session-cookie-name": "route" }));
    const { headers } = await head("http://s.test/");
    const cookie = headers["set-cookie"]!;
    expect(cookie).toMatch(/^route=[0-9a-f]{32}; Path=\/; HttpOnly$/);
    const seen = new Set<string>();
    for (let i = 0; i < 8; i++)
      seen.add((await get("http://s.test/", "-b", cookie.split(";")[0]!)).split(" ")[0]!);
    expect(seen.size).toBe(1);
    expect((await head("http://s.test/", "-b", cookie.split(";")[0]!)).headers["set-cookie"]).toBeUndefined();
  });

  test("allowed and denied networks, basic authentication, rate and size limits", async () => {
    await serve(
      ingress(rule("in.test"), { "whitelist-source-range": "127.0.0.0/8" }),
      ingress(rule("out.test"), { "whitelist-source-range": "10.0.0.0/8, 192.168.1.1" }),
      ingress(rule("deny.test"), { "denylist-source-range": "127.0.0.1" }),
      ingress(rule("auth.test"), {
        "auth-type": "basic",
        "auth-secret": "users",
        "auth-realm": "Who is there",
      }),
      ingress(rule("rate.test"), { "limit-rps": "1", "limit-burst-multiplier": "1" }),
      ingress(rule("size.test"), { "proxy-body-size": "1k" }),
    );
    expect(await get("http://in.test/")).toContain("wear");
    expect(await get("http://out.test/")).toBe("403");
    expect(await get("http://deny.test/")).toBe("403");
    const refused = await head("http://auth.test/");
    expect([refused.status, refused.headers["www-authenticate"]]).toEqual([
      401,
      'Basic realm="Who is there"',
    ]);
    expect(await get("http://auth.test/", "-u", "ann:wrong")).toBe("401");
    const allowed = await head("http://auth.test/", "-u", "ann:secret");
    expect([allowed.status, allowed.headers["x-seen"]]).toEqual([200, "http 127.0.0.1"]);
    const codes = new Set<number>();
    for (let i = 0; i < 10; i++) codes.add((await head("http://rate.test/")).status);
    expect(codes).toContain(503);
    expect(await get("http://size.test/", "-d", "x".repeat(2000))).toBe("413");
    expect(await get("http://size.test/", "-d", "x")).toContain("POST");
  });

  test("aliases, the upstream's host name, error pages, other origins", async () => {
    await serve(
      ingress(rule("main.test"), { "server-alias": "alias.test,other.test" }),
      ingress(rule("vhost.test"), { "upstream-vhost": "inner.test" }),
      ingress(rule("error.test"), { "custom-http-errors": "500,404", "default-backend": "error" }),
      ingress(rule("idle.test", "idle"), { "default-backend": "error" }),
      ingress(rule("cors.test"), { "enable-cors": "true", "cors-allow-origin": "https://*.site.test" }),
    );
    expect(await get("http://alias.test/")).toContain("wear GET / alias.test");
    expect(await get("http://vhost.test/")).toContain("wear GET / inner.test");
    expect(await get("http://error.test/fail")).toContain("error GET / error.test");
    expect(await get("http://idle.test/")).toContain("error");
    const origin = ["-H", "Origin: https://a.site.test"];
    const simple = await head("http://cors.test/", ...origin);
    expect(simple.headers["access-control-allow-origin"]).toBe("https://a.site.test");
    const preflight = await head("http://cors.test/", "-X", "OPTIONS", ...origin);
    expect([preflight.status, preflight.headers["access-control-allow-methods"]]).toEqual([
      204,
      "GET, PUT, POST, DELETE, PATCH, OPTIONS",
    ]);
    const foreign = await head("http://cors.test/", "-H", "Origin: https://evil.test");
    expect(foreign.headers["access-control-allow-origin"]).toBeUndefined();
  });
});
