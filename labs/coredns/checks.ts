import { check, defineChecks, guard, type CheckContext } from "examctl/checks";

const system = "kube-system";

export default defineChecks({
  "dns-solution": check(async (t) => {
    const { spec } = await server(t);
    if (!spec.template.spec.containers[0]?.image.includes("coredns"))
      throw new Error("The server is not CoreDNS.");
    t.expectAnswer("string", "CoreDNS");
  }),

  "dns-pods": check(async (t) => {
    t.expectAnswer("integer", (await server(t)).spec.replicas ?? 1);
  }),

  "dns-service": check(async (t) => {
    t.expectAnswer("string", (await service(t)).metadata.name);
  }),

  "dns-address": check(async (t) => {
    t.expectAnswer("ip", (await service(t)).spec.clusterIP ?? "");
  }),

  "search-first": check(async (t) => {
    const text = await visitor(t).output(["cat", "/etc/resolv.conf"]);
    t.expectAnswer("string", /^search\s+(\S+)/m.exec(text)?.[1] ?? "");
  }),

  "corefile-path": check(async (t) => {
    const args = (await server(t)).spec.template.spec.containers[0]?.args ?? [];
    t.expectAnswer("string", args[args.indexOf("-conf") + 1] ?? "");
  }),

  "corefile-source": check(async (t) => {
    if (!(await configMapName(t))) throw new Error("The Corefile comes from no ConfigMap.");
    t.expectAnswer("string", "a ConfigMap is mounted into the pods as a volume");
  }),

  "config-map": check(async (t) => {
    t.expectAnswer("string", (await configMapName(t)) ?? "");
  }),

  "root-domain": check(async (t) => {
    t.expectAnswer("string", /^\s*kubernetes\s+(\S+)/m.exec(await corefile(t))?.[1] ?? "");
  }),

  "other-names": check(async (t) => {
    const target = /^\s*forward\s+\.\s+(\S+)/m.exec(await corefile(t))?.[1];
    if (target !== "/etc/resolv.conf") return t.fail("The line `forward` was changed.");
    t.expectAnswer("string", "they are passed on to the servers in the resolv.conf of the node");
  }),

  "same-space": check(async (t) => {
    const web = t.parameter("web");
    await mustResolve(t, web, await addressOf(t, "teamSpace", "web"));
    t.expectAnswer("string", web);
  }),

  "other-space": check(async (t) => {
    const name = `${t.parameter("web")}.${t.parameter("paySpace")}`;
    await mustResolve(t, name, await addressOf(t, "paySpace", "web"));
    t.expectAnswer("string", name);
  }),

  "not-a-name": check(async (t) => {
    const name = `${t.parameter("web")}.${t.parameter("paySpace")}.${t.parameter("zone")}`;
    const { answers } = await visitor(t).dns(name);
    if (answers.length > 0) throw new Error(`${name} has an address.`);
    t.expectAnswer("string", name);
  }),

  "full-name": check(async (t) => {
    const name = `${t.parameter("web")}.${t.parameter("paySpace")}.svc.${t.parameter("zone")}`;
    await mustResolve(t, name, await addressOf(t, "paySpace", "web"));
    const answer = typeof t.answer === "string" ? t.answer.replace(/\.\s*$/, "") : undefined;
    if (answer === undefined) return void t.expectAnswer("string", name);
    t.expect("the name has all its parts", answer.trim().toLowerCase()).toBe(name);
  }),

  "from-a-node": check(async (t) => {
    t.expectAnswer("ip", await addressOf(t, "teamSpace", "web"), {
      source: `dig +short @${(await service(t)).spec.clusterIP} ${t.parameter("web")}.${t.parameter("teamSpace")}.svc.${t.parameter("zone")}`,
    });
  }),

  "why-not-node": check((t) => {
    t.expectAnswer("string", "the resolv.conf of a node names servers outside of the cluster", {
      source: "controlplane# cat /etc/resolv.conf",
    });
  }),

  "mend-app": check(async (t) => {
    const { spec } = await t.mustGet("Deployment", {
      namespace: t.parameter("teamSpace"),
      name: t.parameter("app"),
    });
    const host = spec.template.spec.containers[0]?.env?.find(({ name }) => name === "DB_Host")?.value ?? "";
    t.require("DB_Host is a name and not an address", host).toMatch(/[a-z]/i);
    await t.eventually(
      async () => {
        const url = `http://${t.parameter("workerIp")}:${t.parameter("appPort")}/`;
        const { body } = await t.node("controlplane").http(url);
        t.expect("the application reaches its database", body).toContain("Successfully connected");
      },
      { withinMs: 6_000 },
    );
  }),

  lookup: check(async (t) => {
    const path = `/root/${t.parameter("lookupFile")}`;
    const file = await t.node("controlplane").file(path);
    t.require(`controlplane has the file ${path}`, file).toExist();
    const text = file!.text;
    const address = (await service(t)).spec.clusterIP!;
    const zone = t.parameter("zone");
    t.expect("the cluster's name server was asked, from the pod", text).toContain(
      `Address 1: ${address} kube-dns.${system}.svc.${zone}`,
    );
    t.expect("it holds the address of the database", text).toContain(
      `Address 1: ${await addressOf(t, "paySpace", "database")} ${t.parameter("database")}.${t.parameter("paySpace")}.svc.${zone}`,
    );
  }),

  alias: check(async (t) => {
    const expected = await addressOf(t, "paySpace", "database");
    await t.eventually(
      async () => {
        const found = await visitor(t).dns(`${t.parameter("alias")}.`);
        t.expect(
          `${t.parameter("alias")} leads to the database`,
          found.answers.map(({ data }) => data),
        ).toContain(expected);
        const own = await visitor(t).dns(`kubernetes.default.svc.${t.parameter("zone")}.`);
        t.expect("the cluster's own names still have addresses", own.status).toBe("NOERROR");
      },
      { withinMs: 6_000 },
    );
    t.expect("the Corefile says so", await corefile(t)).toContain(t.parameter("alias"));
  }),

  "database-stays": guard(async (t) => {
    const pod = await t.cluster.get("Pod", {
      namespace: t.parameter("paySpace"),
      name: t.parameter("database"),
    });
    t.expect("the database is where it was", pod).toExist();
  }),
});

const server = (t: CheckContext) => t.mustGet("Deployment", { namespace: system, name: "coredns" });
const service = (t: CheckContext) => t.mustGet("Service", { namespace: system, name: "kube-dns" });
const visitor = (t: CheckContext) => t.pod(t.parameter("teamSpace"), t.parameter("visitor"));

async function configMapName(t: CheckContext): Promise<string | undefined> {
  const volumes = (await server(t)).spec.template.spec.volumes as { configMap?: { name: string } }[];
  return volumes.find(({ configMap }) => configMap)?.configMap?.name;
}

async function corefile(t: CheckContext): Promise<string> {
  const { data } = await t.mustGet("ConfigMap", { namespace: system, name: "coredns" });
  return data?.Corefile ?? "";
}

/** The ClusterIP of a Service; space and name are those of parameters. */
async function addressOf(t: CheckContext, space: string, name: string): Promise<string> {
  const { spec } = await t.mustGet("Service", { namespace: t.parameter(space), name: t.parameter(name) });
  return spec.clusterIP!;
}

/** What a question builds on must hold, or its answer is not what was thought. */
async function mustResolve(t: CheckContext, name: string, address: string): Promise<void> {
  const { answers } = await visitor(t).dns(name);
  if (!answers.some(({ data }) => data === address)) t.fail(`${name} does not lead to ${address} any more.`);
}
