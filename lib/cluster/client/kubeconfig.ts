import { stringify } from "yaml";

/** A kubeconfig as kubeadm writes it: one cluster, one user, one context. */
export function kubeconfig(options: {
  server: string;
  caPem: string;
  clusterName: string;
  user: string;
  /** PEM texts, or paths on the node when the kubelet rotates them. */
  client: { certificatePem: string; privateKeyPem: string } | { certificatePath: string };
}): string {
  const base64 = (pem: string) => Buffer.from(pem).toString("base64");
  const { client, clusterName, user } = options;
  const context = `${user}@${clusterName}`;
  return stringify(
    {
      apiVersion: "v1",
      clusters: [
        {
          cluster: { "certificate-authority-data": base64(options.caPem), server: options.server },
          name: clusterName,
        },
      ],
      contexts: [{ context: { cluster: clusterName, user }, name: context }],
      "current-context": context,
      kind: "Config",
      preferences: {},
      users: [
        {
          name: user,
          user:
            "certificatePath" in client
              ? { "client-certificate": client.certificatePath, "client-key": client.certificatePath }
              : {
                  "client-certificate-data": base64(client.certificatePem),
                  "client-key-data": base64(client.privateKeyPem),
                },
        },
      ],
    },
    { lineWidth: 0 },
  );
}
