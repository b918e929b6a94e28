import { stringify } from "yaml";

export interface KubeconfigContext {
  /** Its name; `user@clusterName` without one, as kubeadm has it. */
  context?: string;
  server: string;
  caPem: string;
  clusterName: string;
  user: string;
  /** PEM texts, or paths on the node when the kubelet rotates them. */
  client: { certificatePem: string; privateKeyPem: string } | { certificatePath: string };
}

/** A kubeconfig as kubeadm writes it: one cluster, one user, one context. */
export function kubeconfig(only: KubeconfigContext): string {
  return kubeconfigOf([only]);
}

/** A kubeconfig with several contexts, of which the first is the current one. */
export function kubeconfigOf(contexts: KubeconfigContext[]): string {
  const base64 = (pem: string) => Buffer.from(pem).toString("base64");
  const nameOf = ({ context, user, clusterName }: KubeconfigContext) => context ?? `${user}@${clusterName}`;
  return stringify(
    {
      apiVersion: "v1",
      clusters: contexts.map(({ caPem, server, clusterName }) => ({
        cluster: { "certificate-authority-data": base64(caPem), server },
        name: clusterName,
      })),
      contexts: contexts.map((one) => ({
        context: { cluster: one.clusterName, user: one.user },
        name: nameOf(one),
      })),
      "current-context": nameOf(contexts[0]!),
      kind: "Config",
      preferences: {},
      users: contexts.map(({ user, client }) => ({
        name: user,
        user:
          "certificatePath" in client
            ? { "client-certificate": client.certificatePath, "client-key": client.certificatePath }
            : {
                "client-certificate-data": base64(client.certificatePem),
                "client-key-data": base64(client.privateKeyPem),
              },
      })),
    },
    { lineWidth: 0 },
  );
}
