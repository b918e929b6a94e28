import { randomInt } from "node:crypto";
import { forbidden } from "@/lib/cluster/client/status";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { Registry } from "../registry/registry";
import { isPod, pods, type PodObject } from "./pod-object";
import type { AdmissionPlugin } from "./plugin";

const mountPath = "/var/run/secrets/kubernetes.io/serviceaccount";
const suffixAlphabet = "bcdfghjklmnpqrstvwxz2456789";

interface ServiceAccount extends KubeObject {
  automountServiceAccountToken?: boolean;
  imagePullSecrets?: { name: string }[];
}

/** Gives every pod its account, the account's pull secrets and the token volume (plugin/pkg/admission/serviceaccount). */
export const serviceAccount: AdmissionPlugin = {
  name: "ServiceAccount",
  admit(attributes, registry) {
    if (attributes.operation !== "CREATE" || !isPod(attributes)) return;
    const pod = attributes.object as PodObject;
    const { name, namespace } = attributes;
    if (pod.metadata.annotations?.["kubernetes.io/config.mirror"] !== undefined) {
      if (pod.spec.serviceAccountName)
        throw forbidden(pods, name, "a mirror pod may not reference service accounts");
      return;
    }
    const { spec } = pod;
    spec.serviceAccountName ||= "default";
    spec.serviceAccount = spec.serviceAccountName;
    const account = accountOf(registry, namespace!, spec.serviceAccountName);
    if (!account)
      throw forbidden(
        pods,
        name,
        `error looking up service account ${namespace}/${spec.serviceAccountName}: serviceaccount "${spec.serviceAccountName}" not found`,
      );
    if (spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true) mountToken(pod);
    if (!spec.imagePullSecrets?.length && account.imagePullSecrets?.length)
      spec.imagePullSecrets = account.imagePullSecrets.map(({ name }) => ({ name }));
  },
};

function accountOf(registry: Registry, namespace: string, name: string): ServiceAccount | undefined {
  return registry.read("", "serviceaccounts", namespace, name);
}

function mountToken({ spec }: PodObject): void {
  const containers = [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
  const lacking = containers.filter(
    ({ volumeMounts = [] }) => !volumeMounts.some((mount) => mount.mountPath === mountPath),
  );
  if (lacking.length === 0) return;
  let suffix = "";
  for (let at = 0; at < 5; at++) suffix += suffixAlphabet[randomInt(suffixAlphabet.length)];
  const present = spec.volumes?.find((volume) => volume.name?.startsWith("kube-api-access-"));
  const name = present?.name ?? `kube-api-access-${suffix}`;
  for (const container of lacking)
    container.volumeMounts = [...(container.volumeMounts ?? []), { name, readOnly: true, mountPath }];
  if (!present) spec.volumes = [...(spec.volumes ?? []), tokenVolume(name)];
}

const tokenVolume = (name: string) => ({
  name,
  projected: {
    defaultMode: 420,
    sources: [
      { serviceAccountToken: { expirationSeconds: 3607, path: "token" } },
      { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
      {
        downwardAPI: {
          items: [{ path: "namespace", fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" } }],
        },
      },
    ],
  },
});
