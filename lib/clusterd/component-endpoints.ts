import { createServer } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import type { ClusterPki } from "./pki/cluster-pki";
import type { KeyPair } from "@/lib/core/x509/certificate";
import { answerKubelet, type KubeletParts } from "./kubelet-server/answer-kubelet";
import { listenForNodes } from "@/lib/core/listen-on-socket";

export interface ComponentEndpoints {
  close(): Promise<void>;
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const healthPaths = new Set(["/healthz", "/livez", "/readyz"]);

/**
 * What answers behind the secure ports of scheduler, controller-manager and kubelets: their daemons in the nodes relay
 * to sockets in `folder`. Of the first two health is for everybody and the rest for nobody, as with no credentials on a
 * real one.
 */
export async function serveComponents(
  folder: string,
  pki: ClusterPki,
  parts: KubeletParts,
): Promise<ComponentEndpoints> {
  const own: [socket: string, keys: KeyPair, answer: Answer][] = [
    ["kube-scheduler.sock", pki.apiserver, answerHealth],
    ["kube-controller-manager.sock", pki.apiserver, answerHealth],
    ...Object.entries(pki.kubelets).map(([node, { serving }]): [string, KeyPair, Answer] => [
      `kubelet-${node}.sock`,
      serving,
      (request, response) => {
        answerKubelet(node, parts, request, response).catch((failure: Error) => {
          if (!response.headersSent) response.writeHead(500, { "Content-Type": "text/plain" });
          response.end(`${failure.message}\n`);
        });
      },
    ]),
  ];
  const ca = pki.ca.certificatePem;
  const servers = await Promise.all(
    own.map(([socket, keys, answer]) => serve(join(folder, socket), keys, ca, answer)),
  );
  return { close: async () => void (await Promise.all(servers.map((close) => close()))) };
}

async function serve(path: string, keys: KeyPair, ca: string, answer: Answer): Promise<() => Promise<void>> {
  const server = createServer(
    {
      ...{ cert: keys.certificatePem, key: keys.privateKeyPem, ca },
      ...{ requestCert: true, rejectUnauthorized: false, ALPNProtocols: ["http/1.1"] },
    },
    answer,
  );
  server.on("tlsClientError", () => undefined); // port checks
  return listenForNodes(server, path, 64);
}

function answerHealth(request: IncomingMessage, response: ServerResponse): void {
  const path = (request.url ?? "/").split("?")[0]!;
  const [status, text] = healthPaths.has(path)
    ? [200, "ok"]
    : [403, `forbidden: User "system:anonymous" cannot get path "${path}"\n`];
  response.writeHead(status, {
    "Content-Type": "text/plain; charset=utf-8",
    "X-Content-Type-Options": "nosniff",
  });
  response.end(text);
}
