import { createServer } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import type { ClusterPki } from "./pki/cluster-pki";
import type { KeyPair } from "@/lib/core/x509/certificate";
import { listenForNodes } from "./listen-for-nodes";

export interface ComponentEndpoints {
  close(): Promise<void>;
}

const healthPaths = new Set(["/healthz", "/livez", "/readyz"]);

/**
 * What answers behind the secure ports of scheduler, controller-manager and kubelets: their daemons in the nodes relay
 * to sockets in `folder`. Health is for everybody (a kubelet's is not), the rest for nobody, as with no credentials on
 * a real one.
 */
export async function serveComponents(folder: string, pki: ClusterPki): Promise<ComponentEndpoints> {
  const own: [socket: string, keys: KeyPair, isHealthOpen: boolean][] = [
    ["kube-scheduler.sock", pki.apiserver, true],
    ["kube-controller-manager.sock", pki.apiserver, true],
    ...Object.entries(pki.kubelets).map(([node, { serving }]): [string, KeyPair, boolean] => [
      `kubelet-${node}.sock`,
      serving,
      false,
    ]),
  ];
  const servers = await Promise.all(
    own.map(([socket, keys, isHealthOpen]) => serve(join(folder, socket), keys, isHealthOpen)),
  );
  return { close: async () => void (await Promise.all(servers.map((close) => close()))) };
}

async function serve(path: string, keys: KeyPair, isHealthOpen: boolean): Promise<() => Promise<void>> {
  const server = createServer(
    { cert: keys.certificatePem, key: keys.privateKeyPem, ALPNProtocols: ["http/1.1"] },
    (request, response) => answer(request, response, isHealthOpen),
  );
  server.on("tlsClientError", () => undefined); // port checks
  return listenForNodes(server, path, 64);
}

function answer(request: IncomingMessage, response: ServerResponse, isHealthOpen: boolean): void {
  const path = (request.url ?? "/").split("?")[0]!;
  const [status, text] =
    isHealthOpen && healthPaths.has(path)
      ? [200, "ok"]
      : isHealthOpen
        ? [403, `forbidden: User "system:anonymous" cannot get path "${path}"\n`]
        : [401, "Unauthorized"];
  response.writeHead(status, {
    "Content-Type": "text/plain; charset=utf-8",
    "X-Content-Type-Options": "nosniff",
  });
  response.end(text);
}
