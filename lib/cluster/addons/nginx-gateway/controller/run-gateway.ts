import type { AddonContext } from "@/lib/cluster/addons/addon";
import type { AgentSession } from "@/lib/cluster/addons/agents/agent-session";
import { inClusterClient } from "@/lib/cluster/addons/agents/in-cluster-client";
import { watchLoop } from "@/lib/cluster/addons/agents/watch-loop";
import { isForbidden, isNotFound } from "@/lib/cluster/client/status";
import { registryOf } from "../data-plane/registry";
import { CacheFailure, Caches } from "./caches";
import { generateCerts } from "./generate-certs";
import { initialize } from "./initialize";
import { logOf, type Log } from "./log";
import { readOptions, type ControllerOptions } from "./options";
import { Sync } from "./sync";

/** /usr/bin/gateway (NGINX Gateway Fabric, cmd/gateway): its first argument says what it is to be. */
export async function runGateway(session: AgentSession, context: AddonContext): Promise<number | void> {
  const [, command] = session.hello.argv;
  switch (command) {
    case "initialize":
      return initialize(session);
    case "generate-certs":
      return generateCerts(session, context);
    case "static-mode":
    case "controller":
      return runController(session, context);
    default:
      return session.fail(1, `Error: unknown command "${command ?? ""}" for "gateway"`);
  }
}

async function runController(session: AgentSession, context: AddonContext): Promise<void> {
  const log = logOf(session, context);
  const options = readOptions(session);
  const fail = (error: string): never => {
    log("error", "failed to start control loop", { error });
    return session.fail(1, `Error: failed to start control loop: ${error}`);
  };
  if (!session.hello.isResumed)
    log("info", "Starting the NGINX Gateway Fabric control plane", { version: options.version });
  const client = inClusterClient(session, fail);
  if (!session.identity.pod) return fail("the pod of this process is not known");
  const caches = new Caches(client, session.signal, { withProxies: !options.isStatic });
  await caches.start().catch((failure: Error) => fail(explain(failure, log)));
  const sync = new Sync(session, context, client, caches, options, log);
  await serve(session, options);
  if (!session.hello.isResumed) log("info", "Starting manager");
  const registry = registryOf(context);
  await watchLoop(session, context, [...caches.sources, (trigger) => registry.onChange(trigger)], () =>
    sync.run(),
  );
}

/** In the words of controller-runtime and its reflectors. */
function explain(failure: Error, log: Log): string {
  if (!(failure instanceof CacheFailure)) return failure.message;
  const { resource, cause } = failure;
  const version = resource.group ? `${resource.group}/${resource.version}` : resource.version;
  if (isForbidden(cause)) {
    log("error", "Failed to watch", {
      type: `*${resource.version}.${resource.plural}`,
      error: `failed to list: ${cause.message}`,
    });
    return `failed to wait for ${resource.plural} caches to sync: timed out waiting for cache to be synced`;
  }
  return isNotFound(cause)
    ? `cannot register controller: no matches for kind "${resource.plural}" in version "${version}"`
    : cause.message;
}

async function serve(
  session: AgentSession,
  { isStatic, healthPort, metricsPort }: ControllerOptions,
): Promise<void> {
  const ok = [
    { path: "/readyz", body: "ok" },
    { path: "/healthz", body: "ok" },
  ];
  await session.listen("health", { kind: "http", port: healthPort, routes: ok });
  await session.listen("metrics", {
    kind: "http",
    port: metricsPort,
    routes: [{ path: "/metrics", body: "" }],
  });
  // Agents connect to it.
  if (!isStatic) await session.listen("agents", { kind: "hold", port: 8443 });
}
