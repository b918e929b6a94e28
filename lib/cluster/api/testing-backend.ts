import { createServer, type Server } from "node:https";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import { createTestAuthority, issueTestCertificate } from "./testing-pki";
import type { KeyPair } from "./types";

export interface BackendRequest {
  method: string;
  path: string;
  headers: IncomingMessage["headers"];
  /** CN of the certificate that the caller showed. */
  client: string | undefined;
  /** Parsed when it is JSON. */
  body: unknown;
}

export interface BackendAnswer {
  status?: number;
  headers?: Record<string, string>;
  body: unknown;
}

export interface TestBackend {
  server: Server;
  port: number;
  /** PEM in base64, as configurations carry it. */
  caBundle: string;
  requests: BackendRequest[];
  /** What it answers from now on; a promise that never resolves is a server that hangs. */
  answer(handler: (request: BackendRequest) => BackendAnswer | Promise<BackendAnswer>): void;
  close(): Promise<void>;
}

/** A real HTTPS server on a loopback port with a certificate of an authority of its own, for `hook.shop.svc` and localhost. */
export async function startTestBackend(clientCa?: KeyPair): Promise<TestBackend> {
  const authority = await createTestAuthority();
  const names = "DNS:hook.shop.svc,DNS:localhost,IP:127.0.0.1";
  const { certificatePem, privateKeyPem } = await issueTestCertificate(
    authority,
    "/CN=hook",
    "serverAuth",
    names,
  );
  const requests: BackendRequest[] = [];
  let handler: Parameters<TestBackend["answer"]>[0] = () => ({ status: 404, body: "" });
  const server = createServer(
    {
      cert: certificatePem,
      key: privateKeyPem,
      ...(clientCa ? { ca: clientCa.certificatePem, requestCert: true, rejectUnauthorized: false } : {}),
    },
    (incoming, response) => {
      void (async () => {
        const chunks: Buffer[] = [];
        for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
        const text = Buffer.concat(chunks).toString("utf8");
        const cn = (incoming.socket as TLSSocket).getPeerCertificate()?.subject?.CN;
        const request: BackendRequest = {
          method: incoming.method ?? "",
          path: incoming.url ?? "",
          headers: incoming.headers,
          client: Array.isArray(cn) ? cn[0] : cn,
          body: /^[{[]/.test(text) ? JSON.parse(text) : text,
        };
        requests.push(request);
        const { status = 200, headers, body } = await handler(request);
        const payload = typeof body === "string" ? body : JSON.stringify(body);
        response.writeHead(status, { "Content-Type": "application/json", ...headers }).end(payload);
      })();
    },
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    server,
    port: (server.address() as AddressInfo).port,
    caBundle: Buffer.from(authority.certificatePem).toString("base64"),
    requests,
    answer: (next) => {
      handler = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
