import { createAuthority, issue, type KeyPair } from "@/lib/core/x509/certificate";
import type { ClusterClient } from "@/lib/cluster/client/client";
import { refs } from "@/lib/cluster/client/refs";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { Secret } from "@/lib/cluster/resources/types";

const serviceName = "metallb-webhook-service";
const encode = (text: string) => Buffer.from(text).toString("base64");
const decode = (text: string | undefined) => Buffer.from(text ?? "", "base64").toString("utf8");

/**
 * The webhook's certificate, which the controller keeps in a Secret that its manifest brings empty
 * (open-policy-agent/cert-controller), and its authority's, which it writes where the API server looks for it.
 */
export async function webhookCertificate(
  client: ClusterClient,
  { namespace, secretName, nowMs }: { namespace: string; secretName: string; nowMs: number },
): Promise<KeyPair> {
  const secret = await client.get<Secret>(refs.secrets, namespace, secretName);
  let data = secret.data ?? {};
  if (!data["tls.crt"] || !data["tls.key"] || !data["ca.crt"]) {
    const authority = createAuthority("metallb", nowMs);
    const pair = issue(authority, {
      commonName: `${serviceName}.${namespace}.svc`,
      usages: ["serverAuth"],
      dnsNames: [`${serviceName}.${namespace}.svc`],
      nowMs,
    });
    data = {
      "ca.crt": encode(authority.certificatePem),
      "ca.key": encode(authority.privateKeyPem),
      "tls.crt": encode(pair.certificatePem),
      "tls.key": encode(pair.privateKeyPem),
    };
    await client.update(refs.secrets, { ...secret, data });
  }
  await writeAuthority(client, data["ca.crt"]!);
  return { certificatePem: decode(data["tls.crt"]), privateKeyPem: decode(data["tls.key"]) };
}

interface WebhookConfiguration extends KubeObject {
  webhooks?: { clientConfig: { caBundle?: string } }[];
}
interface Definition extends KubeObject {
  spec: { conversion?: { webhook?: { clientConfig?: { caBundle?: string } } } };
}

async function writeAuthority(client: ClusterClient, caBundle: string): Promise<void> {
  const webhooks = {
    group: "admissionregistration.k8s.io",
    version: "v1",
    plural: "validatingwebhookconfigurations",
  };
  const configuration = await client.get<WebhookConfiguration>(
    webhooks,
    undefined,
    "metallb-webhook-configuration",
  );
  await client.update<WebhookConfiguration>(webhooks, {
    ...configuration,
    webhooks: (configuration.webhooks ?? []).map((webhook) => ({
      ...webhook,
      clientConfig: { ...webhook.clientConfig, caBundle },
    })),
  });
  const definitions = { group: "apiextensions.k8s.io", version: "v1", plural: "customresourcedefinitions" };
  const peers = await client.get<Definition>(definitions, undefined, "bgppeers.metallb.io");
  const { webhook } = peers.spec.conversion ?? {};
  if (!webhook) return;
  const conversion = {
    ...peers.spec.conversion,
    webhook: { ...webhook, clientConfig: { ...webhook.clientConfig, caBundle } },
  };
  await client.update<Definition>(definitions, { ...peers, spec: { ...peers.spec, conversion } });
}
