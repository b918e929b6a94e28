import { refs } from "@/lib/cluster/client/refs";
import { isForbidden, isNotFound } from "@/lib/cluster/client/status";
import type { ClusterClient } from "@/lib/cluster/client/client";
import type { AddonContext } from "@/lib/cluster/addons/addon";
import type { AgentSession } from "@/lib/cluster/addons/agents/agent-session";
import { inClusterClient } from "@/lib/cluster/addons/agents/in-cluster-client";
import { klogLine } from "@/lib/cluster/addons/agents/klog";
import { watchLoop } from "@/lib/cluster/addons/agents/watch-loop";
import { certificatePath } from "../render/places";
import { Caches } from "./caches";
import { readOptions, splitKey } from "./options";
import { Sync, type Log } from "./sync";
import { banner } from "./banner";

/** nginx-ingress-controller (ingress-nginx, cmd/nginx/main.go): nginx.conf follows the Ingress objects of its class. */
export async function runIngressController(
  session: AgentSession,
  context: AddonContext,
): Promise<number | void> {
  const log: Log = (severity, where, text) =>
    session.print(klogLine(severity, where, text, context.clock.now()));
  const die = (where: string, text: string) =>
    session.fail(255, klogLine("F", where, text, context.clock.now()));
  const options = readOptions(session);
  if (!session.hello.isResumed) session.print(...banner(imageVersion(session)));
  const client = inClusterClient(session, (text) => die("main.go:66", text));
  await checkService(client, options.defaultBackend, (text) => die("main.go:75", text));
  await checkService(client, options.publishService, (text) => die("main.go:84", text));

  const caches = new Caches(client, session.signal);
  await caches
    .start()
    .catch((failure: Error) =>
      die(
        "store.go:240",
        isForbidden(failure)
          ? `Failed to watch: failed to list: ${failure.message}`
          : `Timed out waiting for caches to sync: ${failure.message}`,
      ),
    );
  if (!session.hello.isResumed) {
    log("I", "main.go:101", `"SSL fake certificate created" file="${certificatePath("default")}"`);
    log("I", "nginx.go:273", '"Starting NGINX Ingress controller"');
  }
  const sync = new Sync(session, context, client, caches, options, log);
  await sync.start();
  const webhook = await sync.startWebhook();
  await watchLoop(
    session,
    context,
    [...caches.sources, (trigger) => context.informers.pods.onChange(trigger)],
    () => sync.run(),
  );
  await webhook?.stop();
}

async function checkService(
  client: ClusterClient,
  key: string | undefined,
  die: (text: string) => never,
): Promise<void> {
  if (!key) return;
  const { namespace, name } = splitKey(key);
  await client.get(refs.services, namespace, name).catch((failure: Error) => {
    if (isForbidden(failure))
      die(
        "✖ the cluster seems to be running with a restrictive Authorization mode and the Ingress controller does not have the required permissions to operate normally",
      );
    if (isNotFound(failure))
      die(`no service with name ${name} found in namespace ${namespace}: ${failure.message}`);
    die(`unexpected error searching service with name ${name} in namespace ${namespace}: ${failure.message}`);
  });
}

function imageVersion(session: AgentSession): string {
  const image = session.identity.pod?.spec.containers[0]?.image ?? "";
  return /:(v[^@]+)/.exec(image)?.[1] ?? "v1.13.0";
}
