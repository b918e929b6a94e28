import { check, defineChecks, type CheckContext, type KubeObject } from "examctl/checks";

const namespace = "ingress-nginx";
const name = "ingress-nginx-controller";

export default defineChecks({
  without: check((t) => {
    t.expectAnswer("string", "it is stored, gets no address and routes nothing", {
      source: "kubectl create ingress, before there is a controller",
    });
  }),

  namespace: check(async (t) => {
    const { metadata } = await t.mustGet("Namespace", { name: namespace });
    t.expect("its label stage is as asked for", metadata.labels?.stage).toBe(t.parameter("stage"));
  }),

  settings: check(async (t) => {
    const { data } = await t.mustGet("ConfigMap", { namespace, name });
    t.expect("proxy-body-size is set", data?.["proxy-body-size"]).toBe(t.parameter("bodySize"));
  }),

  accounts: check(async (t) => {
    for (const account of ["ingress-nginx", "ingress-nginx-admission"])
      t.expect(
        `${namespace} has the account ${account}`,
        await t.cluster.get("ServiceAccount", { namespace, name: account }),
      ).toExist();
  }),

  "second-account": check((t) => {
    t.expectAnswer("string", "Jobs that make the certificate of the controller's admission webhook", {
      source: "the manifest of ingress-nginx",
    });
  }),

  rights: check(async (t) => {
    const bindings = (await t.cluster.list("ClusterRoleBinding")) as Binding[];
    const holders = bindings
      .filter(({ roleRef }) => roleRef.kind === "ClusterRole" && roleRef.name === "ingress-nginx")
      .flatMap(({ subjects }) => subjects ?? [])
      .map(({ kind, namespace, name }) => [kind, namespace, name].join("/"));
    t.expect("the role is held in all namespaces by the controller's account", holders).toContain(
      `ServiceAccount/${namespace}/ingress-nginx`,
    );
    t.expect("and by nobody else", holders.length).toBeAtMost(1);
  }),

  "status-right": check((t) => {
    t.expectAnswer("string", "it writes its address into the status of Ingress objects", {
      source: "kubectl describe clusterrole ingress-nginx",
    });
  }),

  deploy: check(async (t) => {
    const { spec } = await t.mustGet("Deployment", { namespace, name });
    const pod = spec.template.spec;
    t.expect("it runs as ingress-nginx", pod.serviceAccountName).toBe("ingress-nginx");
    t.expect("it is of the release of the file", pod.containers[0]?.image).toBe(
      `registry.k8s.io/ingress-nginx/controller:${t.parameter("release")}`,
    );
    t.expect("it is told its ConfigMap", pod.containers[0]?.args).toContain(
      `--configmap=$(POD_NAMESPACE)/${name}`,
    );
    await t.expectRollout("Deployment", { namespace, name }, { withinMs: 4_000 });
  }),

  "no-account": check((t) => {
    t.expectAnswer(
      "string",
      "the ReplicaSet cannot create pods, an event says that the service account is not found",
      { source: "kubectl describe replicaset" },
    );
  }),

  release: check(async (t) => {
    const [pod] = await controllerPods(t);
    if (!pod) return t.fail("There is no controller.");
    t.expectAnswer("string", pod.spec.containers[0]!.image.split(":").at(-1)!);
  }),

  service: check(async (t) => {
    const { spec } = await t.mustGet("Service", { namespace, name: "ingress" });
    t.expect("it is of type NodePort", spec.type).toBe("NodePort");
    await t.eventually(
      async () => {
        const url = `http://${t.parameter("workerIp")}:${t.parameter("httpPort")}/nothing-here`;
        t.expect(
          `the controller answers at ${t.parameter("httpPort")}`,
          (await t.node("controlplane").http(url)).status,
        ).toBe(404);
      },
      { withinMs: 4_000 },
    );
  }),

  class: check(async (t) => {
    const { spec, metadata } = await t.mustGet("IngressClass", { name: "nginx" });
    t.expect("it names the controller", spec?.controller).toBe("k8s.io/ingress-nginx");
    t.expect("it is the default", metadata.annotations?.["ingressclass.kubernetes.io/is-default-class"]).toBe(
      "true",
    );
  }),

  routes: check(async (t) => {
    await t.mustGet("Ingress", { namespace: t.parameter("space"), name: t.parameter("ingress") });
    await t.eventually(
      async () => {
        await expectPage(t, t.parameter("shirts"), t.parameter("shirts"));
        await expectPage(t, t.parameter("filmsPath"), t.parameter("films"));
      },
      { withinMs: 6_000 },
    );
  }),

  "unknown-path": check((t) => {
    t.expectAnswer("integer", 404, {
      source: `curl -i http://node01:${t.parameter("httpPort")}/nothing-here`,
    });
  }),
});

interface Binding extends KubeObject {
  roleRef: { kind: string; name: string };
  subjects?: { kind: string; name: string; namespace?: string }[];
}

async function controllerPods(t: CheckContext) {
  const labelSelector = "app.kubernetes.io/name=ingress-nginx,app.kubernetes.io/component=controller";
  const pods = await t.cluster.list("Pod", { namespace, labelSelector });
  return pods.filter(({ status }) =>
    status.conditions?.some(({ type, status }) => type === "Ready" && status === "True"),
  );
}

/** Asked of a pod of the controller itself: the Service in front of it is another question. */
async function expectPage(t: CheckContext, path: string, app: string): Promise<void> {
  const address = (await controllerPods(t))[0]?.status.podIP;
  if (!t.expect("the controller has a ready pod", address).toExist()) return;
  const { status, body } = await t.node("node01").http(`http://${address}/${path}`);
  t.expect(`/${path} answers`, status).toBe(200);
  t.expect(`/${path} is the page of ${app}`, body.trim()).toBe(`This is ${app}.`);
}
