import { createServer as createHttpServer, type RequestListener } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { join } from "node:path";
import type { Clock } from "@/lib/core/clock";
import type { Logger } from "@/lib/core/logger";
import { Scope } from "@/lib/core/scope";
import type { Authority } from "@/lib/core/x509/certificate";
import type { ClusterShape } from "@/lib/cluster/addons/addon";
import { dnsName } from "@/lib/mirror/dns-name";
import type { Mirror } from "@/lib/mirror/mirror";
import { listenForNodes } from "@/lib/core/listen-on-socket";
import { answerDns, type HostState } from "./answer-dns";
import { answerHttp, plain } from "./answer-http";
import { certificatesOf } from "./certificates";
import { existsNowhere } from "./exists-nowhere";
import { goneHosts } from "./gone-hosts";
import { chartHosts } from "./charts/charts";
import { productMirror } from "./product-mirror";
import { productHosts, productManifest } from "./product-manifests";
import { dnsServer } from "./serve-dns";

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
  const answer: RequestListener = (request, response) => {
    answerHttp(content, request, response).catch((failure: unknown) => {
      logger.warn({ err: failure, url: request.url }, "a request to the outside world was not answered");
      if (response.headersSent) response.destroy();
      else plain(response, 500, "Internal Server Error\n");
    });
  };
  const contextOf = certificatesOf(options.authority, options.clock);
  const limits = { requestTimeout: 60_000, headersTimeout: 10_000, keepAliveTimeout: 5000 };
  const https = createHttpsServer(
    {
      ...limits,
      ALPNProtocols: ["http/1.1"],
      SNICallback: (host, done) =>
        dnsName.safeParse(host).success ? done(null, contextOf(host)) : done(new Error("no such host")),
    },
    answer,
  );
  https.on("tlsClientError", () => undefined); // port checks
  try {
    for (const [name, server] of [
      ["dns.sock", dnsServer((query) => answerDns(query, stateOf))],
      ["http.sock", createHttpServer(limits, answer)],
      ["https.sock", https],
    ] as const)
      scope.use(await listenForNodes(server, join(folder, name), 256), (close) => close());
  } catch (failure) {
    await scope.close();
    throw failure;
  }
  return scope;
}
