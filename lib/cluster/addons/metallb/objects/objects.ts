import { stringify } from "yaml";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import { metallbCrds } from "./crds";
import { accounts } from "./rbac";
import { controller, speaker } from "./workloads";

export const metallbNamespace = "metallb-system";

/** Interfaces of bridges, pods and tunnels, which no router listens on. */
const excluded = [
  "docker cbr dummy virbr lxcbr veth cali tunl flannel kube-ipvs cni nodelocaldns lxc"
    .split(" ")
    .map((name) => `^${name}.*`),
  "^lo$",
].flat();

/** What MetalLB's manifest for layer 2 installs (config/manifests/metallb-native.yaml). */
export function metallbObjects(release: string): KubeObject[] {
  const level = "privileged";
  return [
    {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: {
        name: metallbNamespace,
        labels: Object.fromEntries(
          ["enforce", "audit", "warn"].map((mode) => [`pod-security.kubernetes.io/${mode}`, level]),
        ),
      },
    },
    ...metallbCrds(),
    ...metallbParts(release, metallbNamespace),
  ];
}

/** All but the namespace and the definitions. */
export function metallbParts(release: string, namespace: string): KubeObject[] {
  return [
    ...accounts(namespace),
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "metallb-excludel2", namespace },
      data: { "excludel2.yaml": stringify({ announcedInterfacesToExclude: excluded }) },
    },
    { apiVersion: "v1", kind: "Secret", metadata: { name: "metallb-webhook-cert", namespace } },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "metallb-webhook-service", namespace },
      spec: { ports: [{ port: 443, targetPort: 9443 }], selector: { component: "controller" } },
    },
    controller(namespace, release),
    speaker(namespace, release),
    webhookConfiguration(namespace),
  ];
}

function webhookConfiguration(namespace: string): KubeObject {
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingWebhookConfiguration",
    metadata: { name: "metallb-webhook-configuration" },
    webhooks: (
      [
        ["ipaddresspool", "ipaddresspools"],
        ["l2advertisement", "l2advertisements"],
      ] as const
    ).map(([kind, plural]) => ({
      name: `${kind}validationwebhook.metallb.io`,
      admissionReviewVersions: ["v1"],
      clientConfig: {
        service: {
          name: "metallb-webhook-service",
          namespace,
          path: `/validate-metallb-io-v1beta1-${kind}`,
        },
      },
      failurePolicy: "Fail",
      rules: [
        {
          apiGroups: ["metallb.io"],
          apiVersions: ["v1beta1"],
          operations: ["CREATE", "UPDATE"],
          resources: [plural],
        },
      ],
      sideEffects: "None",
    })),
  };
}
