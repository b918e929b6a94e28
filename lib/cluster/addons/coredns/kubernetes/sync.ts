import type { Instance } from "../plugin";
import { tokenPath, type KubernetesView } from "./view";
import type { KubernetesOptions } from "./records";

const retryFirstMs = 1000;
const retryMaxMs = 30_000;
const waitLogMs = 500;
const connectTimeoutsMs = [50, 75, 125, 250, 500, 4000];
const reflector = "pkg/mod/k8s.io/client-go@v0.32.3/tools/cache/reflector.go:251";

/**
 * The plugin's watch on the API. It is in sync once the pod's own token was accepted, its address of the API answered
 * and its service account may list what the plugin needs; until then the failures are logged as client-go words them.
 * The server starts after `startupTimeoutMs` even so.
 */
export function startSync(
  instance: Instance,
  options: KubernetesOptions,
  startupTimeoutMs: number,
): { isSynced(): boolean; dnsIps(): string[] } {
  const { process, clock, kubernetes, signal } = instance;
  let isSynced = false;
  const log = (line: string) => process.log(line);
  const run = async () => {
    let retryMs = retryFirstMs;
    while (!signal.aborted) {
      const failures = await failuresOf(instance, options);
      if (failures.length === 0) return void (isSynced = true);
      for (const failure of failures) log(`[ERROR] plugin/kubernetes: ${reflector}: ${failure}`);
      await clock.sleep(retryMs, signal);
      retryMs = Math.min(retryMs * 2, retryMaxMs);
    }
  };
  instance.onStartup(async () => {
    // Real CoreDNS ends here: without a token there is no client.
    await process.readFile(tokenPath).catch((failure: unknown) => {
      throw new Error(`plugin/kubernetes: ${(failure as Error).message}`);
    });
    const syncing = run().catch(() => undefined);
    const untilMs = clock.now() + startupTimeoutMs;
    while (!isSynced && !signal.aborted) {
      await Promise.race([syncing, clock.sleep(waitLogMs, signal).catch(() => undefined)]);
      if (isSynced || signal.aborted) break;
      if (clock.now() >= untilMs) {
        log("[WARNING] plugin/kubernetes: starting server with unsynced Kubernetes API");
        break;
      }
      log("[INFO] plugin/kubernetes: waiting for Kubernetes API before starting server");
    }
  }, true);
  return { isSynced: () => isSynced, dnsIps: () => dnsIpsOf(kubernetes) };
}

async function failuresOf({ process, kubernetes }: Instance, options: KubernetesOptions): Promise<string[]> {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = process.env;
  const needed = [
    ["", "services", "v1.Service"],
    ["", "namespaces", "v1.Namespace"],
    ...(options.noEndpoints ? [] : [["discovery.k8s.io", "endpointslices", "v1.EndpointSlice"]]),
    ...(options.pods === "verified" ? [["", "pods", "v1.Pod"]] : []),
  ] as [group: string, resource: string, kind: string][];
  const all = (text: (group: string, resource: string) => string) =>
    needed.map(([group, resource, kind]) => `failed to list *${kind}: ${text(group, resource)}`);
  try {
    await reach(process, `${host}:${port}`);
  } catch (failure) {
    const pathOf = (group: string, resource: string) =>
      `${group === "" ? "api/v1" : `apis/${group}/v1`}/${resource}?limit=500&resourceVersion=0`;
    return all(
      (group, resource) =>
        `Get "https://${host}:${port}/${pathOf(group, resource)}": ${(failure as Error).message}`,
    );
  }
  let user: Awaited<ReturnType<KubernetesView["userOf"]>>;
  try {
    user = await kubernetes.userOf(await process.readFile(tokenPath));
  } catch {
    return all(() => "Unauthorized");
  }
  const failures: string[] = [];
  for (const [group, resource, kind] of needed)
    if (!(await kubernetes.mayList(user, group, resource)))
      failures.push(
        `failed to list *${kind}: ${resource}${group === "" ? "" : `.${group}`} is forbidden: User "${user.name}" ` +
          `cannot list resource "${resource}" in API group "${group}" at the cluster scope`,
      );
  return failures;
}

/** A first packet that comes before kube-proxy's rules is lost: better a new connection soon than its retransmission late. */
async function reach(process: Instance["process"], address: string): Promise<void> {
  for (const timeoutMs of connectTimeoutsMs.slice(0, -1))
    try {
      return await process.probe(address, timeoutMs);
    } catch {
      // The last attempt says why.
    }
  await process.probe(address, connectTimeoutsMs.at(-1)!);
}

/** The addresses of the Service in front of cluster DNS: what ns.dns.ZONE stands for. */
function dnsIpsOf(kubernetes: KubernetesView): string[] {
  const { spec } = kubernetes.service("kube-system", "kube-dns") ?? {};
  return (spec?.clusterIPs ?? [spec?.clusterIP]).filter((ip): ip is string => !!ip && ip !== "None");
}
