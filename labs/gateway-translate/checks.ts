import { check, defineChecks, type CheckContext, type KubeObject } from "examctl/checks";

const group = "gateway.networking.k8s.io";
const gateways = { group, version: "v1", plural: "gateways" };
const routes = { group, version: "v1", plural: "httproutes" };
const source = "the Gateway API's guide for Ingress users";

export default defineChecks({
  "class-becomes": check((t) => void t.expectAnswer("string", "gatewayClassName of a Gateway", { source })),
  "host-becomes": check((t) => void t.expectAnswer("string", "hostnames of an HTTPRoute", { source })),
  "rewrite-becomes": check((t) => void t.expectAnswer("string", "a filter URLRewrite", { source })),
  "tls-becomes": check(
    (t) => void t.expectAnswer("string", "certificateRefs of a listener of the Gateway", { source }),
  ),

  "path-type": check((t) => {
    t.expectAnswer("string", "PathPrefix", {
      source: "kubectl explain httproute.spec.rules.matches.path.type",
    });
  }),

  gateway: check(async (t) => {
    await t.eventually(async () => {
      const { spec, status } = await mustGetGateway(t);
      t.expect("it is of the class nginx", spec.gatewayClassName).toBe("nginx");
      const listener = spec.listeners.find(({ protocol }) => protocol === "HTTP");
      t.expect("it listens for HTTP at port 80", listener?.port).toBe(80);
      const programmed = status?.conditions?.find(({ type }) => type === "Programmed")?.status;
      t.expect("the controller has programmed it", programmed).toBe("True");
    });
  }),

  routes: check(async (t) => {
    const found = await t.cluster.get(routes, {
      namespace: t.parameter("space"),
      name: t.parameter("route"),
    });
    t.require(`${t.parameter("space")} has the HTTPRoute ${t.parameter("route")}`, found).toExist();
    await t.eventually(
      async () => {
        await expectPage(t, `/${t.parameter("shirtsPath")}`, t.parameter("shirts"));
        await expectPage(t, `/${t.parameter("filmsPath")}`, t.parameter("films"));
        const other = await visit(t, 80, `/${t.parameter("filmsPath")}`, "other.example");
        t.expect("other hosts are not served", other.status).toBe(404);
      },
      { withinMs: 6_000 },
    );
  }),

  tls: check(async (t) => {
    const { spec } = await mustGetGateway(t);
    const listener = spec.listeners.find(({ protocol }) => protocol === "HTTPS");
    t.require("the Gateway has a listener for HTTPS", listener).toExist();
    t.expect("it listens at port 443", listener!.port).toBe(443);
    await t.eventually(
      async () => {
        const answer = await visit(t, 443, "/", t.parameter("host"));
        t.expect("a visitor by HTTPS is answered by the controller", answer.status).toBeAtLeast(200);
        const shown = await t.node("controlplane").certificate({
          server: `${t.parameter("workerIp")}:${await portOf(t, 443)}`,
          serverName: t.parameter("host"),
        });
        t.expect("with the certificate of the host", shown?.subject).toContain(t.parameter("host"));
      },
      { withinMs: 6_000 },
    );
  }),

  "old-one": check(async (t) => {
    const ingresses = await t.cluster.list("Ingress", { namespace: t.parameter("space") });
    t.expect("no Ingress is left", ingresses.length).toBe(0);
    for (const app of ["shirts", "films"])
      t.expect(
        `the Service of ${t.parameter(app)} is`,
        await t.cluster.get("Service", {
          namespace: t.parameter("space"),
          name: `${t.parameter(app)}-service`,
        }),
      ).toExist();
  }),
});

interface Gateway extends KubeObject {
  spec: { gatewayClassName: string; listeners: { protocol: string; port: number }[] };
  status?: { conditions?: { type: string; status: string }[] };
}

async function mustGetGateway(t: CheckContext): Promise<Gateway> {
  const ref = { namespace: t.parameter("space"), name: t.parameter("gateway") };
  const found = (await t.cluster.get(gateways, ref)) as Gateway | undefined;
  t.require(`${ref.namespace} has the Gateway ${ref.name}`, found).toExist();
  return found!;
}

async function portOf(t: CheckContext, port: 80 | 443): Promise<number> {
  const { spec } = await t.mustGet("Service", { namespace: "nginx-gateway", name: "nginx-gateway" });
  return spec.ports?.find((one) => one.port === port)?.nodePort ?? 0;
}

async function visit(t: CheckContext, port: 80 | 443, path: string, host: string) {
  const scheme = port === 443 ? "https" : "http";
  const connectTo = `${t.parameter("workerIp")}:${await portOf(t, port)}`;
  return t
    .node("controlplane")
    .http(`${scheme}://${host}${path}`, { connectTo, insecure: true, timeoutMs: 3000 });
}

async function expectPage(t: CheckContext, path: string, app: string): Promise<void> {
  const { status, body } = await visit(t, 80, path, t.parameter("host"));
  t.expect(`${path} answers`, status).toBe(200);
  t.expect(`${path} is the page of ${app}`, body.trim()).toBe(`This is ${app}.`);
}
