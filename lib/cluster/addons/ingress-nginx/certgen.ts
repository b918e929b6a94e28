import { createAuthority, issue } from "@/lib/core/x509/certificate";
import type { ClusterClient } from "@/lib/cluster/client/client";
import { refs } from "@/lib/cluster/client/refs";
import { isNotFound } from "@/lib/cluster/client/status";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { Secret } from "@/lib/cluster/resources/types";
import type { AddonContext } from "../addon";
import type { AgentSession } from "../agents/agent-session";
import { inClusterClient } from "../agents/in-cluster-client";

const webhookConfigurations = {
  group: "admissionregistration.k8s.io",
  version: "v1",
  plural: "validatingwebhookconfigurations",
};

interface WebhookConfiguration extends KubeObject {
  webhooks?: { clientConfig: { caBundle?: string }; failurePolicy?: string }[];
}

/**
 * kube-webhook-certgen (ingress-nginx, images/kube-webhook-certgen): `create` puts a certificate for the webhook's hosts
 * into a Secret unless it is there, `patch` puts its CA into the webhook configuration.
 */
export async function webhookCertgen(session: AgentSession, { clock }: AddonContext): Promise<number> {
  const line = (level: "info" | "fatal", message: string) =>
    JSON.stringify({ level, msg: message, time: new Date(clock.now()).toISOString() });
  const log = (message: string) => session.print(line("info", message));
  const die = (message: string) => session.fail(1, line("fatal", message));
  const client = inClusterClient(session, die);
  const command = session.hello.argv.slice(1).find((argument) => !argument.startsWith("-"));
  const namespace = session.flag("namespace") ?? "";
  const secretName = session.flag("secret-name") ?? "";
  const secret = await readSecret(client, namespace, secretName).catch((failure: Error) =>
    die(failure.message),
  );
  if (command === "create") {
    log(`getting secret '${secretName}' in namespace '${namespace}'`);
    if (secret) {
      log("secret already exists");
      return 0;
    }
    log("no secret found");
    const hosts = (session.flag("host") ?? "").split(",");
    const authority = createAuthority("nil1", clock.now());
    const pair = issue(authority, {
      commonName: "nil2",
      organizations: ["nil2"],
      usages: ["serverAuth"],
      dnsNames: hosts,
      nowMs: clock.now(),
    });
    const encode = (text: string) => Buffer.from(text).toString("base64");
    log(`creating new secret '${secretName}' in namespace '${namespace}'`);
    await client
      .create<Secret>(refs.secrets, {
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name: secretName, namespace },
        type: "Opaque",
        data: {
          [session.flag("ca-name") ?? "ca"]: encode(authority.certificatePem),
          [session.flag("cert-name") ?? "cert"]: encode(pair.certificatePem),
          [session.flag("key-name") ?? "key"]: encode(pair.privateKeyPem),
        },
      })
      .catch((failure: Error) => die(`creating secret: ${failure.message}`));
    return 0;
  }
  if (command === "patch") {
    const name = session.flag("webhook-name") ?? "";
    if (!secret) return die(`no secret with '${secretName}' in '${namespace}'`);
    if (session.flag("patch-validating") === "false") return 0;
    log(
      `patching webhook configurations '${name}' mutating=false, validating=true, failurePolicy=${session.flag("patch-failure-policy") ?? ""}`,
    );
    const caBundle = secret.data?.[session.flag("ca-name") ?? "ca"] ?? "";
    const configuration = await client
      .get<WebhookConfiguration>(webhookConfigurations, undefined, name)
      .catch((failure: Error) => die(`getting validating webhook: ${failure.message}`));
    const failurePolicy = session.flag("patch-failure-policy");
    await client
      .update<WebhookConfiguration>(webhookConfigurations, {
        ...configuration,
        webhooks: (configuration.webhooks ?? []).map((webhook) => ({
          ...webhook,
          clientConfig: { ...webhook.clientConfig, caBundle },
          ...(failurePolicy ? { failurePolicy } : {}),
        })),
      })
      .catch((failure: Error) => die(`patching validating webhook: ${failure.message}`));
    log("Patched hook(s)");
    return 0;
  }
  return session.fail(
    1,
    "Use this to create a ca and signed certificates and patch admission webhooks to allow for quick",
    "installation and configuration of validating and admission webhooks.",
  );
}

function readSecret(client: ClusterClient, namespace: string, name: string): Promise<Secret | undefined> {
  return client.get<Secret>(refs.secrets, namespace, name).catch((failure: unknown) => {
    if (isNotFound(failure)) return undefined;
    throw failure;
  });
}
