import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { AddonContext } from "@/lib/cluster/addons/addon";
import type { AgentSession } from "@/lib/cluster/addons/agents/agent-session";
import { inClusterClient } from "@/lib/cluster/addons/agents/in-cluster-client";
import { serveWebhook } from "@/lib/cluster/addons/agents/serve-webhook";
import { watchLoop } from "@/lib/cluster/addons/agents/watch-loop";
import type { ClusterClient } from "@/lib/cluster/client/client";
import { EventRecorder } from "@/lib/cluster/client/event-recorder";
import { refs } from "@/lib/cluster/client/refs";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { Secret } from "@/lib/cluster/resources/types";
import { MetallbCaches } from "../caches";
import { logOf, releaseOf } from "../log";
import { serveProbes } from "../serve-probes";
import { webhookCertificate } from "./certificates";
import { checkResource } from "./check-resource";
import { ServiceSync } from "./sync-services";

const webhookPort = 9443;

/** MetalLB's controller (metallb controller/main.go): addresses of Services out of IPAddressPools, and the webhook. */
export async function runController(session: AgentSession, context: AddonContext): Promise<number | void> {
  const log = logOf(session, context);
  const { text, minor } = releaseOf(session);
  if (!session.hello.isResumed)
    log("info", "main.go:178", { version: text, msg: `MetalLB controller starting version ${text}` });
  const die = (failure: Error, msg: string): never => {
    log("error", "main.go:254", { op: "startup", error: failure.message, msg });
    return session.fail(1);
  };
  const client = inClusterClient(session, (why) => die(new Error(why), "failed to create k8s client"));
  const namespace = session.env.METALLB_NAMESPACE ?? session.identity.pod!.metadata.namespace!;
  const secretName = session.flag("ml-secret-name") ?? session.env.METALLB_ML_SECRET_NAME;
  if (secretName)
    await makeMemberlistSecret(
      client,
      namespace,
      session.env.METALLB_DEPLOYMENT ?? "controller",
      secretName,
    ).catch((failure: Error) => die(failure, "failed to create memberlist secret"));
  const caches = new MetallbCaches(client, session.signal, namespace);
  await caches.start().catch((failure: Error) => die(failure, "failed to run k8s client"));
  const webhook = await startWebhook(session, context, client, caches, namespace).catch((failure: Error) =>
    die(failure, "failed to enable cert rotation"),
  );
  const events = new EventRecorder(client, { component: "metallb-controller" }, context.clock);
  const sync = new ServiceSync(client, caches, events, log, {
    loadBalancerClass: session.flag("lb-class") || undefined,
    writesPoolStatus: minor >= 15,
  });
  await serveProbes(session, "");
  await watchLoop(session, context, caches.sources, () => sync.run());
  await webhook?.stop();
}

async function startWebhook(
  session: AgentSession,
  context: AddonContext,
  client: ClusterClient,
  caches: MetallbCaches,
  namespace: string,
): Promise<{ stop(): Promise<void> } | undefined> {
  const { pod } = session.identity;
  if (session.flag("webhook-mode") === "disabled" || !pod) return undefined;
  const secretName = session.flag("webhook-secret") ?? "metallb-webhook-cert";
  const nowMs = context.clock.now();
  const pair = await webhookCertificate(client, { namespace, secretName, nowMs });
  const name = `webhook-${pod.metadata.uid}.sock`;
  const server = await serveWebhook(join(context.socketFolder, name), pair, (reviewed) =>
    checkResource(reviewed, caches, namespace),
  );
  await session.listen("webhook", { kind: "relay", port: webhookPort, to: `/run/examctl/${name}` });
  return server;
}

/** The key that the speakers share; they cannot start without it (metallb internal/k8s/k8s.go: CreateMlSecret). */
async function makeMemberlistSecret(
  client: ClusterClient,
  namespace: string,
  deploymentName: string,
  name: string,
): Promise<void> {
  const found = await client.list<Secret>(refs.secrets, {
    namespace,
    fieldSelector: `metadata.name=${name}`,
  });
  if (found.items.length > 0) return;
  const deployment = await client.get<KubeObject>(refs.deployments, namespace, deploymentName);
  const key = randomBytes(16).toString("base64");
  await client.create<Secret>(refs.secrets, {
    apiVersion: "v1",
    kind: "Secret",
    metadata: {
      name,
      namespace,
      ownerReferences: [
        { apiVersion: "apps/v1", kind: "Deployment", name: deploymentName, uid: deployment.metadata.uid! },
      ],
    },
    data: { secretkey: Buffer.from(key).toString("base64") },
  });
}
