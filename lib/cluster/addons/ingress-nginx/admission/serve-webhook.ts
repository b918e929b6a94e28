import { chmod, rm } from "node:fs/promises";
import { createServer } from "node:https";
import type { IncomingMessage } from "node:http";
import { z } from "zod";
import type { Ingress } from "@/lib/cluster/resources/types";

const bodyBytesMax = 3 << 20;
const review = z.object({
  apiVersion: z.string(),
  request: z.object({
    uid: z.string(),
    kind: z.object({ kind: z.string() }),
    object: z.unknown().optional(),
  }),
});

/**
 * The controller's validating webhook, behind the relay of its pod: HTTPS on a unix socket with the certificate of its
 * Secret. `check` says why an Ingress is refused.
 */
export async function serveWebhook(
  path: string,
  pair: { certificatePem: string; privateKeyPem: string },
  check: (ingress: Ingress) => string | undefined,
): Promise<{ stop(): Promise<void> }> {
  const server = createServer({ cert: pair.certificatePem, key: pair.privateKeyPem }, (request, response) => {
    readBody(request)
      .then((body) => {
        const { apiVersion, request: asked } = review.parse(JSON.parse(body));
        const refusal =
          asked.kind.kind === "Ingress" && asked.object ? check(asked.object as Ingress) : undefined;
        response.writeHead(200, { "content-type": "application/json" }).end(
          JSON.stringify({
            apiVersion,
            kind: "AdmissionReview",
            response: {
              uid: asked.uid,
              allowed: refusal === undefined,
              ...(refusal === undefined
                ? {}
                : { status: { message: refusal, code: 400, reason: "BadRequest" } }),
            },
          }),
        );
      })
      .catch(() => response.writeHead(400).end());
  });
  server.requestTimeout = 10_000;
  server.maxConnections = 64;
  await rm(path, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
  await chmod(path, 0o666);
  return {
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > bodyBytesMax) throw new Error("The review is too long.");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
