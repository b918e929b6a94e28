import { join } from "node:path";
import type { AddonContext } from "@/lib/cluster/addons/addon";
import type { AgentSession } from "@/lib/cluster/addons/agents/agent-session";
import { inClusterClient } from "@/lib/cluster/addons/agents/in-cluster-client";
import { klogLine } from "@/lib/cluster/addons/agents/klog";
import type { ClusterClient } from "@/lib/cluster/client/client";
import { Informer } from "@/lib/cluster/client/informers";
import { refs } from "@/lib/cluster/client/refs";
import type { ConfigMap, Node, Pod } from "@/lib/cluster/resources/types";
import { createAuthority, issue } from "@/lib/core/x509/certificate";
import { Storage } from "../model/storage";
import { scrapeAll, type ScraperOptions } from "./scraper";
import { serveApi } from "./serve-api";

const caPath = "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt";
/** After the first scrape nothing can be told: the second follows soon. */
const secondScrapeMs = 2000;

/** metrics-server (cmd/metrics-server): what nodes and pods use, asked of the kubelets, served to the API server's clients. */
export async function runMetricsServer(session: AgentSession, context: AddonContext): Promise<number | void> {
  const { clock } = context;
  const log = (severity: "I" | "E", where: string, text: string) =>
    session.print(klogLine(severity, where, text, clock.now()));
  const die = (text: string): never => session.fail(1, `panic: ${text}`);
  const client = inClusterClient(session, die);
  const port = Number(session.flag("secure-port") ?? 443);
  const frontProxyCa = await readFrontProxyCa(client).catch((failure: Error) =>
    die(
      `failed to create config: unable to load configmap based request-header-client-ca-file: ${failure.message}`,
    ),
  );
  const nodes = new Informer<Node>(client, refs.nodes, session.signal);
  const pods = new Informer<Pod>(client, refs.pods, session.signal);
  await Promise.all([nodes.start(), pods.start()]).catch((failure: Error) => {
    log("E", "reflector.go:150", `Failed to watch: failed to list: ${failure.message}`);
    return die("unable to sync caches");
  });
  const { certificatePem, privateKeyPem } = issue(createAuthority("metrics-server-ca", clock.now()), {
    commonName: "localhost",
    usages: ["serverAuth"],
    dnsNames: ["localhost"],
    nowMs: clock.now(),
  });
  const storage = new Storage();
  const uid = session.identity.pod!.metadata.uid!;
  const name = `metrics-${uid}.sock`;
  const api = await serveApi(join(context.socketFolder, name), {
    ...{ frontProxyCa, client, storage, keys: { certificatePem, privateKeyPem } },
    listed: { nodes: () => nodes.list(), pods: () => pods.list().filter(isRunning) },
    problems(path) {
      if (path !== "/readyz" || storage.isReady) return [];
      log("I", "server.go:191", '"Failed probe" probe="metric-storage-ready" err="no metrics to serve"');
      return ["metric-storage-ready"];
    },
  });
  await session.listen("api", { kind: "relay", port, to: `/run/examctl/${name}` });
  session.announce(klogLine("I", "secure_serving.go:213", `Serving securely on [::]:${port}`, clock.now()));
  const options = await readScraperOptions(session).catch((failure: Error) => die(failure.message));
  const periodMs = seconds(session.flag("metric-resolution") ?? "60s") * 1000;
  for (let round = 0; !session.signal.aborted; round++) {
    const scraped = await scrapeAll(session, nodes.list(), options, (node, failure) =>
      log(
        "E",
        "scraper.go:149",
        `"Failed to scrape node" err=${JSON.stringify(failure.message)} node="${node}"`,
      ),
    );
    storage.store(scraped);
    await clock
      .sleep(round === 0 ? Math.min(periodMs, secondScrapeMs) : periodMs, session.signal)
      .catch(() => undefined);
  }
  await api.stop();
}

const isRunning = ({ status }: Pod) => status?.phase === "Running";

/** "15s", "1m", "1m30s". */
function seconds(text: string): number {
  const parts = [...text.matchAll(/(\d+)(m?s|m|h)/g)];
  const unit: Record<string, number> = { ms: 0.001, s: 1, m: 60, h: 3600 };
  return Math.max(
    1,
    parts.reduce((sum, [, count, name]) => sum + Number(count) * unit[name!]!, 0),
  );
}

async function readFrontProxyCa(client: ClusterClient): Promise<string> {
  const name = "extension-apiserver-authentication";
  const configMap = await client.get<ConfigMap>(refs.configMaps, "kube-system", name);
  const ca = configMap.data?.["requestheader-client-ca-file"];
  if (!ca) throw new Error(`${name} has no requestheader-client-ca-file`);
  return ca;
}

async function readScraperOptions(session: AgentSession): Promise<ScraperOptions> {
  const isInsecure = session.flag("kubelet-insecure-tls") === "true";
  const types = session.flag("kubelet-preferred-address-types");
  const usesStatus = session.flag("kubelet-use-node-status-port") === "true";
  return {
    addressTypes: (types ?? "Hostname,InternalDNS,InternalIP,ExternalDNS,ExternalIP").split(","),
    port: usesStatus ? undefined : Number(session.flag("kubelet-port") ?? 10_250),
    ca: isInsecure
      ? undefined
      : await session.readFile(session.flag("kubelet-certificate-authority") || caPath),
  };
}
