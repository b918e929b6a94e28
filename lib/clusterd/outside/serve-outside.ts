import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import type { Clock } from "@/lib/core/clock";
import type { Logger } from "@/lib/core/logger";
import { Scope } from "@/lib/core/scope";
import type { Authority } from "@/lib/core/x509/certificate";
import type { ClusterShape } from "@/lib/cluster/addons/addon";
import type { Mirror } from "@/lib/mirror/mirror";
import { listenForNodes } from "@/lib/core/listen-on-socket";
import { addressOf } from "./addresses";
import { answerDns, type HostState } from "./answer-dns";
import { answerHttp, plain } from "./answer-http";
import { certificatesOf } from "./certificates";
import { existsNowhere } from "./exists-nowhere";
import { goneHosts } from "./gone-hosts";
import { chartHosts } from "./charts/charts";
import { productMirror } from "./product-mirror";
import { productHosts, productManifest } from "./product-manifests";
import { dnsServer } from "./serve-dns";
import { webServer } from "./serve-web";

export interface OutsideOptions {
  /** Of the sockets that the lab's switch relays to. */
  folder: string;
  mirror: Mirror;
  cluster: ClusterShape;
  authority: Authority;
  clock: Clock;
  logger: Logger;
}

/** Answers what a lab's nodes ask of the world outside: names, and what the mirror has behind them. */
export async function serveOutside(options: OutsideOptions): Promise<{ close(): Promise<void> }> {
  const { mirror, cluster, logger, folder } = options;
  const stateOf = async (host: string): Promise<HostState> => {
    if (goneHosts.has(host)) return "gone";
    if (productHosts.has(host) || chartHosts.has(host) || (await mirror.hasHost(host))) return "here";
    return host !== "" && existsNowhere(host) ? "gone" : "unreachable";
  };
  const scope = new Scope();
  const product = productMirror();
  scope.defer(() => product.close());
  const content = {
    mirror,
    product: product.open,
    manifest: (host: string, path: string) => productManifest(host, path, cluster),
  };
  const web = {
    has: async (host: string) => (await stateOf(host)) === "here",
    hostAt: async (address: string) =>
      [...productHosts, ...chartHosts, ...(await mirror.hosts())].find((host) => addressOf(host) === address),
    answer: (host: string, request: IncomingMessage, response: ServerResponse) => {
      answerHttp(content, host, request, response).catch((failure: unknown) => {
        logger.warn({ err: failure, url: request.url }, "a request to the outside world was not answered");
        if (response.headersSent) response.destroy();
        else plain(response, 500, "Internal Server Error\n");
      });
    },
  };
  const contextOf = certificatesOf(options.authority, options.clock);
  try {
    for (const [name, server] of [
      ["dns.sock", dnsServer((query) => answerDns(query, stateOf))],
      ["http.sock", webServer(web)],
      ["https.sock", webServer({ ...web, contextOf })],
    ] as const)
      scope.use(await listenForNodes(server, join(folder, name), 256), (close) => close());
  } catch (failure) {
    await scope.close();
    throw failure;
  }
  return scope;
}
