import { check, defineChecks, type CheckContext, type KubeObject } from "examctl/checks";

const group = "gateway.networking.k8s.io";
const classes = { group, version: "v1", plural: "gatewayclasses" };
const gateways = { group, version: "v1", plural: "gateways" };
const routes = { group, version: "v1", plural: "httproutes" };
const namespace = "nginx-gateway";

export default defineChecks({
  "who-names": check((t) => {
    t.expectAnswer("string", "GatewayClass", { source: "kubectl explain gatewayclass.spec" });
  }),

  "cluster-wide": check((t) => {
    t.expectAnswer("string", "GatewayClass", { source: `kubectl api-resources --api-group=${group}` });
  }),

  "class-name": check(async (t) => {
    t.expectAnswer("string", (await theClass(t)).metadata.name);
  }),

  "controller-name": check(async (t) => {
    t.expectAnswer("string", (await theClass(t)).spec.controllerName);
  }),

  "known-name": check((t) => {
    t.expectAnswer("string", "istio.io/gateway-controller", { source: "Istio's documentation" });
  }),

  "known-names": check((t) => {
    t.expectAnswer("set", ["traefik.io/gateway-controller", "gateway.k8s.aws/alb"], {
      source: "the documentation of each",
    });
  }),

  "same-everywhere": check((t) => {
    t.expectAnswer(
      "string",
      "annotations of the old controller mean nothing to the new one, fields of the Gateway API mean the same to both",
      { source: "the Gateway API's documentation" },
    );
  }),

  "one-or-several": check((t) => {
    t.expectAnswer("string", "a Gateway for the entry and an HTTPRoute, which can be of another namespace", {
      source: "kubectl explain httproute.spec.parentRefs",
    });
  }),

  "traffic-types": check((t) => {
    t.expectAnswer("set", ["TCP", "UDP", "gRPC"], { source: "the Gateway API's documentation" });
  }),

  "not-carried": check((t) => {
    t.expectAnswer("string", "ICMP", { source: "kubectl explain httproute" });
  }),

  "without-annotations": check((t) => {
    t.expectAnswer(
      "set",
      ["choose by a header", "share requests out by weight", "mirror requests to a second Service"],
      { source: "kubectl explain httproute.spec.rules --recursive" },
    );
  }),

  teams: check((t) => {
    t.expectAnswer(
      "string",
      "the entry and the routes are separate objects, and the entry says who may attach",
      {
        source: "kubectl explain gateway.spec.listeners.allowedRoutes",
      },
    );
  }),

  "allowed-default": check((t) => {
    t.expectAnswer("string", "Same", {
      source: "kubectl explain gateway.spec.listeners.allowedRoutes.namespaces.from",
    });
  }),

  "node-ports": check(async (t) => {
    const { spec } = await t.mustGet("Service", { namespace, name: namespace });
    const portOf = (port: number) => spec.ports?.find((one) => one.port === port)?.nodePort;
    t.expect("plain HTTP", portOf(80)).toBe(Number(t.parameter("httpPort")));
    t.expect("HTTPS", portOf(443)).toBe(Number(t.parameter("httpsPort")));
  }),

  gateway: check(async (t) => {
    await t.eventually(async () => {
      const found = (await t.cluster.get(gateways, { namespace, name: t.parameter("gateway") })) as
        | Gateway
        | undefined;
      t.require(`${namespace} has the Gateway ${t.parameter("gateway")}`, found).toExist();
      const [listener] = found!.spec.listeners;
      t.expect("it is of the class nginx", found!.spec.gatewayClassName).toBe("nginx");
      t.expect("its listener is named as asked for", listener?.name).toBe(t.parameter("listener"));
      t.expect("it takes HTTP at port 80", [listener?.protocol, listener?.port]).toBe(["HTTP", 80]);
      t.expect("for every host", listener?.hostname).toBeAbsent();
      t.expect("routes of all namespaces may attach", listener?.allowedRoutes?.namespaces?.from).toBe("All");
      const programmed = found!.status?.conditions?.find(({ type }) => type === "Programmed")?.status;
      t.expect("the controller has programmed it", programmed).toBe("True");
    });
  }),

  route: check(async (t) => {
    await mustHaveRoute(t, t.parameter("route"));
    await t.eventually(
      async () => {
        const [answer] = await t.node("controlplane").traffic(await entry(t), { requests: 1 });
        t.expect("a visitor gets an answer", answer?.status).toBe(200);
        t.expect(`it is that of ${t.parameter("app")}`, answer?.body.trim()).toBe(
          `This is ${t.parameter("app")}.`,
        );
      },
      { withinMs: 6_000 },
    );
  }),

  split: check(async (t) => {
    await mustHaveRoute(t, t.parameter("split"));
    await t.eventually(
      async () => {
        const headers = { Host: t.parameter("host") };
        const answers = await t.node("controlplane").traffic(await entry(t), { requests: 60, headers });
        const count = (body: string) => answers.filter((answer) => answer.body.trim() === body).length;
        t.expect("all requests are answered by one of the two", count("stable") + count("fresh")).toBe(60);
        // Of 60 requests 15 are meant; fewer than 4 or more than 29 is one attempt in tens of thousands.
        t.expect("the new one gets a quarter of them", count("fresh")).toBeAtLeast(4);
        t.expect("and not more", count("fresh")).toBeAtMost(29);
      },
      { withinMs: 6_000 },
    );
  }),
});

interface GatewayClass extends KubeObject {
  spec: { controllerName: string };
}

interface Gateway extends KubeObject {
  spec: {
    gatewayClassName: string;
    listeners: {
      name: string;
      protocol: string;
      port: number;
      hostname?: string;
      allowedRoutes?: { namespaces?: { from?: string } };
    }[];
  };
  status?: { conditions?: { type: string; status: string }[] };
}

async function theClass(t: CheckContext): Promise<GatewayClass> {
  const [found] = (await t.cluster.list(classes)) as GatewayClass[];
  return found ?? t.fail("The GatewayClass is gone.");
}

async function mustHaveRoute(t: CheckContext, name: string): Promise<void> {
  const found = await t.cluster.get(routes, { namespace: "default", name });
  t.require(`default has the HTTPRoute ${name}`, found).toExist();
}

/** The way in, by whatever port of the node it is now. */
async function entry(t: CheckContext): Promise<string> {
  const { spec } = await t.mustGet("Service", { namespace, name: namespace });
  const port = spec.ports?.find(({ port }) => port === 80)?.nodePort ?? 0;
  return `http://${t.parameter("workerIp")}:${port}/`;
}
