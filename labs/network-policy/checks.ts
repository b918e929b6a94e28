import { check, defineChecks, guard, type CheckContext, type NetworkPolicy } from "examctl/checks";

export default defineChecks({
  enforcer: check(async (t) => {
    const { spec } = await t.mustGet("DaemonSet", { namespace: "kube-system", name: "weave-net" });
    const names = spec.template.spec.containers.map(({ name }) => name);
    if (!names.includes("weave-npc")) return t.fail("The agents of Weave Net were changed.");
    t.expectAnswer("string", "weave-npc");
  }),

  "without-enforcer": check((t) => {
    t.expectAnswer("string", "it is stored and nothing else happens", { source: "the concept of policies" });
  }),

  enforcing: check((t) => {
    t.expectAnswer("set", ["Calico", "Weave Net", "Cilium"], { source: "the documentation of each" });
  }),

  "first-policy": check(async (t) => {
    t.expectAnswer("string", (await firstPolicy(t)).metadata.name);
  }),

  selected: check(async (t) => {
    const { spec } = await firstPolicy(t);
    t.expectAnswer("string", spec.podSelector.matchLabels?.app ?? "");
  }),

  open: check((t) => {
    t.expectAnswer("string", "everybody may reach them", { source: "curl, before there was a policy" });
  }),

  several: check((t) => {
    t.expectAnswer("string", "what either of them allows is allowed", { source: "the concept of policies" });
  }),

  deny: check(async (t) => {
    const policies = await t.cluster.list("NetworkPolicy", { namespace: t.parameter("space") });
    const all = policies.find(({ spec }) => isForAll(spec) && (spec.ingress ?? []).length === 0);
    t.require("a policy for all pods of the namespace allows nothing to come in", all).toExist();
    await t.expectConnectivity(podsOf(t), {
      stranger: { api: false, store: false },
      front: { store: false },
    });
  }),

  allow: check((t) => t.expectConnectivity(podsOf(t), { front: { api: true }, stranger: { api: false } })),

  "from-outside": check(async (t) => {
    const { metadata } = await t.mustGet("Namespace", { name: t.parameter("otherSpace") });
    t.expect("the namespace has the label", metadata.labels?.[t.parameter("label")]).toBe(
      t.parameter("value"),
    );
    await t.expectConnectivity(podsOf(t), { stranger: { front: true }, api: { front: false } });
  }),

  egress: check(async (t) => {
    await t.expectConnectivity(podsOf(t), { store: { stranger: false } });
    await t.eventually(
      async () => {
        const store = t.pod(t.parameter("space"), t.parameter("store"));
        const { status } = await store.dns(`${t.parameter("api")}.${t.parameter("space")}`);
        t.expect(`${t.parameter("store")} may ask for names`, status).toBe("NOERROR");
      },
      { withinMs: 4_000 },
    );
    const policies = await t.cluster.list("NetworkPolicy", { namespace: t.parameter("space") });
    const own = policies.filter(
      ({ spec }) =>
        spec.policyTypes?.includes("Egress") && spec.podSelector.matchLabels?.app === t.parameter("store"),
    );
    t.expect(`it concerns ${t.parameter("store")} only`, own.length).toBeAtLeast(1);
  }),

  "pods-stay": guard(async (t) => {
    for (const name of ["front", "api", "store"])
      t.expect(
        `${t.parameter(name)} is there`,
        await t.cluster.get("Pod", { namespace: t.parameter("space"), name: t.parameter(name) }),
      ).toExist();
  }),
});

/** The four pods that are there from the start, by their parts. */
function podsOf(t: CheckContext) {
  const inside = (part: string) => ({ namespace: t.parameter("space"), name: t.parameter(part) });
  return {
    ...{ front: inside("front"), api: inside("api"), store: inside("store") },
    stranger: { namespace: t.parameter("otherSpace"), name: t.parameter("stranger") },
  };
}

function firstPolicy(t: CheckContext): Promise<NetworkPolicy> {
  const name = `${t.parameter("store")}-from-${t.parameter("api")}`;
  return t.mustGet("NetworkPolicy", { namespace: t.parameter("space"), name });
}

function isForAll({ podSelector, policyTypes }: NetworkPolicy["spec"]): boolean {
  const isEmpty = !podSelector.matchLabels && !podSelector.matchExpressions;
  return isEmpty && (policyTypes ?? ["Ingress"]).includes("Ingress");
}
