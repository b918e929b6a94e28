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
    await expectReach(t, [
      ["stranger", "api", false],
      ["stranger", "store", false],
      ["front", "store", false],
    ]);
  }),

  allow: check((t) =>
    expectReach(t, [
      ["front", "api", true],
      ["stranger", "api", false],
    ]),
  ),

  "from-outside": check(async (t) => {
    const { metadata } = await t.mustGet("Namespace", { name: t.parameter("otherSpace") });
    t.expect("the namespace has the label", metadata.labels?.[t.parameter("label")]).toBe(
      t.parameter("value"),
    );
    await expectReach(t, [
      ["stranger", "front", true],
      ["api", "front", false],
    ]);
  }),

  egress: check(async (t) => {
    await expectReach(t, [["store", "stranger", false]]);
    await t.eventually(
      async () => {
        const { status } = await podOf(t, "store").dns(`${t.parameter("api")}.${t.parameter("space")}`);
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

type Role = "front" | "api" | "store" | "stranger";

function placeOf(t: CheckContext, role: Role) {
  return {
    namespace: t.parameter(role === "stranger" ? "otherSpace" : "space"),
    name: t.parameter(role),
  };
}

function podOf(t: CheckContext, role: Role) {
  const { namespace, name } = placeOf(t, role);
  return t.pod(namespace, name);
}

/** Who reaches whom at port 80, by address: names are another matter. */
function expectReach(t: CheckContext, pairs: [from: Role, to: Role, reaches: boolean][]): Promise<void> {
  return t.eventually(
    async () => {
      for (const [from, to, reaches] of pairs) {
        const { status } = await t.mustGet("Pod", placeOf(t, to));
        const answer = await podOf(t, from).http(`http://${status.podIP}/`, { timeoutMs: 1500 });
        const verb = reaches ? "reaches" : "does not reach";
        t.expect(`${t.parameter(from)} ${verb} ${t.parameter(to)}`, answer.status === 200).toBe(reaches);
      }
    },
    { withinMs: 4_000 },
  );
}

function firstPolicy(t: CheckContext): Promise<NetworkPolicy> {
  const name = `${t.parameter("store")}-from-${t.parameter("api")}`;
  return t.mustGet("NetworkPolicy", { namespace: t.parameter("space"), name });
}

function isForAll({ podSelector, policyTypes }: NetworkPolicy["spec"]): boolean {
  const isEmpty = !podSelector.matchLabels && !podSelector.matchExpressions;
  return isEmpty && (policyTypes ?? ["Ingress"]).includes("Ingress");
}
