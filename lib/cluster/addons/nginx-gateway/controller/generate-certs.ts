import type { ClusterClient } from "@/lib/cluster/client/client";
import { refs } from "@/lib/cluster/client/refs";
import { isAlreadyExists } from "@/lib/cluster/client/status";
import { createAuthority, issue, type KeyPair } from "@/lib/core/x509/certificate";
import type { Secret } from "@/lib/cluster/resources/types";
import type { AddonContext } from "@/lib/cluster/addons/addon";
import type { AgentSession } from "@/lib/cluster/addons/agents/agent-session";
import { inClusterClient } from "@/lib/cluster/addons/agents/in-cluster-client";

/** `gateway generate-certs`: what controller and agents know each other by, as Secrets of their namespace. */
export async function generateCerts(session: AgentSession, { clock }: AddonContext): Promise<number> {
  const client = inClusterClient(session, (text) => session.fail(1, `Error: ${text}`));
  const namespace = session.identity.pod?.metadata.namespace ?? "";
  const service = session.flag("service") ?? "nginx-gateway";
  const domain = session.flag("cluster-domain") ?? "cluster.local";
  const nowMs = clock.now();
  const authority = createAuthority("nginx-gateway", nowMs);
  const pair = (host: string, usage: "serverAuth" | "clientAuth") =>
    issue(authority, { commonName: host, usages: [usage], dnsNames: [host], nowMs });
  const write = (name: string, keys: KeyPair) =>
    writeSecret(client, secretOf(namespace, name, authority.certificatePem, keys)).catch((failure: Error) =>
      session.fail(1, `Error: error creating secrets: ${failure.message}`),
    );
  await write(
    session.flag("server-tls-secret") ?? "server-tls",
    pair(`${service}.${namespace}.svc`, "serverAuth"),
  );
  await write(session.flag("agent-tls-secret") ?? "agent-tls", pair(`*.${domain}`, "clientAuth"));
  return 0;
}

function secretOf(namespace: string, name: string, ca: string, keys: KeyPair): Secret {
  const encode = (text: string) => Buffer.from(text).toString("base64");
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, namespace },
    type: "kubernetes.io/tls",
    data: {
      "ca.crt": encode(ca),
      "tls.crt": encode(keys.certificatePem),
      "tls.key": encode(keys.privateKeyPem),
    },
  };
}

async function writeSecret(client: ClusterClient, secret: Secret): Promise<void> {
  try {
    await client.create(refs.secrets, secret);
  } catch (failure) {
    if (!isAlreadyExists(failure)) throw failure;
  }
}
