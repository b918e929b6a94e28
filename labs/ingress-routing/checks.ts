import { check, defineChecks, type CheckContext, type Ingress } from "examctl/checks";

const controllerNamespace = "ingress-nginx";

export default defineChecks({
  "controller-namespace": check(async (t) => {
    t.expectAnswer("string", (await controller(t)).metadata.namespace!);
  }),

  "controller-name": check(async (t) => {
    t.expectAnswer("string", (await controller(t)).metadata.name);
  }),

  "app-namespace": check(async (t) => {
    const { metadata } = await firstIngress(t);
    t.expectAnswer("string", metadata.namespace!);
  }),

  "app-count": check(async (t) => {
    const deployments = await t.cluster.list("Deployment", { namespace: t.parameter("space") });
    t.expectAnswer("integer", deployments.length);
  }),

  "class-name": check(async (t) => {
    t.expectAnswer("string", (await ingressClass(t)).metadata.name);
  }),

  "class-controller": check(async (t) => {
    t.expectAnswer("string", (await ingressClass(t)).spec?.controller ?? "");
  }),

  "ingress-name": check(async (t) => {
    t.expectAnswer("string", (await firstIngress(t)).metadata.name);
  }),

  "ingress-host": check(async (t) => {
    const { spec } = await firstIngress(t);
    t.expectAnswer("string", spec?.rules?.[0]?.host ?? "every host (*)");
  }),

  "shirts-backend": check(async (t) => {
    const { spec } = await firstIngress(t);
    const path = pathsOf(spec).find(({ path }) => path === `/${t.parameter("shirts")}`);
    t.expectAnswer("string", path?.backend.service?.name ?? `${t.parameter("shirts")}-service`);
  }),

  // The path may have been moved since: the task that moves it comes later.
  "films-path": check((t) => {
    t.expectAnswer("string", `/${t.parameter("oldPath")}`, { source: "as it was at the start" });
  }),

  "no-rule": check(async (t) => {
    const { status } = await visit(t, "/no-rule-has-this-path");
    const answers: Record<number, string> = {
      404: "a 404 of the controller's default backend",
      503: "a 503, because no service is found",
      0: "nothing, the connection is refused",
    };
    t.expectAnswer("string", answers[status] ?? String(status));
  }),

  "http-port": check(async (t) => {
    t.expectAnswer("integer", await httpPort(t));
  }),

  "ingress-address": check(async (t) => {
    const { status } = await firstIngress(t);
    t.expectAnswer("ip", status?.loadBalancer?.ingress?.[0]?.ip ?? "");
  }),

  "rewrite-target": check(async (t) => {
    const { metadata } = await firstIngress(t);
    t.expectAnswer("string", metadata.annotations?.["nginx.ingress.kubernetes.io/rewrite-target"] ?? "");
  }),

  "ssl-redirect": check((t) => {
    t.expectAnswer("string", "plain HTTP is answered instead of being redirected to HTTPS", {
      source: "the documentation of ingress-nginx",
    });
  }),

  "move-path": check(async (t) => {
    await expectPage(t, `/${t.parameter("newPath")}`, t.parameter("films"));
    await expectStatus(t, `/${t.parameter("oldPath")}`, 404);
    await expectPage(t, `/${t.parameter("shirts")}`, t.parameter("shirts"));
  }),

  "old-path-status": check((t) => {
    t.expectAnswer("integer", 404, { source: `curl -i http://node01/${t.parameter("oldPath")}` });
  }),

  "add-path": check(async (t) => {
    const { spec } = await firstIngress(t);
    const added = pathsOf(spec).find(({ path }) => path === `/${t.parameter("mealPath")}`);
    t.require(`${t.parameter("ingress")} has the path /${t.parameter("mealPath")}`, added).toExist();
    t.expect("the path is of type Prefix", added!.pathType).toBe("Prefix");
    await expectPage(t, `/${t.parameter("mealPath")}`, t.parameter("meals"));
  }),

  "other-namespace": check((t) => {
    t.expectAnswer("string", t.parameter("otherSpace"), { source: "kubectl get deployments -A" });
  }),

  "pay-service": check(async (t) => {
    const [service] = await t.cluster.list("Service", { namespace: t.parameter("otherSpace") });
    t.expectAnswer("string", service?.metadata.name ?? "");
  }),

  "pay-ingress": check(async (t) => {
    const namespace = t.parameter("otherSpace");
    const ingresses = await t.cluster.list("Ingress", { namespace });
    t.require(`there is an Ingress in ${namespace}`, ingresses.length).toBeAtLeast(1);
    await expectPage(t, `/${t.parameter("payPath")}`, `webapp-${t.parameter("payPath")}`);
  }),

  "why-second": check((t) => {
    t.expectAnswer("string", "the services of an Ingress are looked up in its own namespace", {
      source: "kubectl explain ingress.spec.rules.http.paths.backend.service",
    });
  }),

  "host-ingress": check(async (t) => {
    const host = t.parameter("host");
    const ingresses = await t.cluster.list("Ingress", { namespace: t.parameter("space") });
    const own = ingresses.filter(({ metadata }) => metadata.name !== t.parameter("ingress"));
    t.require(`${t.parameter("space")} has another Ingress for ${host}`, hostsOf(own)).toContain(host);
    await expectPage(t, "/", t.parameter("meals"), host);
    await expectPage(t, `/${t.parameter("shirts")}`, t.parameter("shirts"));
  }),
});

async function controller(t: CheckContext) {
  const [found] = await t.cluster.list("Deployment", {
    labelSelector: "app.kubernetes.io/name=ingress-nginx,app.kubernetes.io/component=controller",
  });
  if (!found) return t.fail("The Ingress controller is gone.");
  return found;
}

async function ingressClass(t: CheckContext) {
  const [found] = await t.cluster.list("IngressClass");
  if (!found) return t.fail("The IngressClass is gone.");
  return found;
}

function firstIngress(t: CheckContext): Promise<Ingress> {
  return t.mustGet("Ingress", { namespace: t.parameter("space"), name: t.parameter("ingress") });
}

function pathsOf(spec: Ingress["spec"]) {
  return (spec?.rules ?? []).flatMap(({ http }) => http?.paths ?? []);
}

function hostsOf(ingresses: Ingress[]): string[] {
  return ingresses.flatMap(({ spec }) => (spec?.rules ?? []).flatMap(({ host }) => host ?? []));
}

async function httpPort(t: CheckContext): Promise<number> {
  const { spec } = await t.mustGet("Service", {
    namespace: controllerNamespace,
    name: "ingress-nginx-controller",
  });
  return spec.ports?.find(({ name }) => name === "http")?.nodePort ?? 0;
}

async function visit(t: CheckContext, path: string, host = "any.example.com") {
  const url = `http://${t.parameter("workerIp")}:${await httpPort(t)}${path}`;
  return t.node("controlplane").http(url, { headers: { Host: host } });
}

/** The page of an application, when its pods and the controller have caught up. */
function expectPage(t: CheckContext, path: string, app: string, host?: string): Promise<void> {
  return t.eventually(
    async () => {
      const { status, body } = await visit(t, path, host);
      t.expect(`${host ?? "any host"}${path} answers`, status).toBe(200);
      t.expect(`${host ?? "any host"}${path} is the page of ${app}`, body.trim()).toBe(`This is ${app}.`);
    },
    { withinMs: 4_000 },
  );
}

function expectStatus(t: CheckContext, path: string, code: number): Promise<void> {
  return t.eventually(
    async () => {
      t.expect(`${path} answers with ${code}`, (await visit(t, path)).status).toBe(code);
    },
    { withinMs: 4_000 },
  );
}
