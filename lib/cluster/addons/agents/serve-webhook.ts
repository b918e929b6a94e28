import { createServer } from "node:https";
import type { IncomingMessage } from "node:http";
import { z } from "zod";
import { listenForNodes } from "@/lib/core/listen-on-socket";

const bodyBytesMax = 3 << 20;
const review = z.object({
  apiVersion: z.string(),
  request: z.object({
    uid: z.string(),
    kind: z.object({ kind: z.string() }),
    operation: z.string(),
    object: z.unknown().optional(),
  }),
});

/** What is asked of a webhook: whether the object may be written. */
export interface Reviewed {
  kind: string;
  /** "CREATE", "UPDATE", "DELETE". */
  operation: string;
  object: unknown;
}

export interface Refusal {
  message: string;
  code: number;
  reason: string;
}

/**
 * A component's validating webhook, behind the relay of its pod: HTTPS on a unix socket with the component's own
 * certificate. `check` says why an object is refused.
 */
export async function serveWebhook(
  path: string,
  pair: { certificatePem: string; privateKeyPem: string },
  check: (reviewed: Reviewed) => Refusal | undefined | Promise<Refusal | undefined>,
): Promise<{ stop(): Promise<void> }> {
  const server = createServer({ cert: pair.certificatePem, key: pair.privateKeyPem }, (request, response) => {
    readBody(request)
      .then(async (body) => {
        const { apiVersion, request: asked } = review.parse(JSON.parse(body));
        const { operation, object } = asked;
        const refusal = await check({ kind: asked.kind.kind, operation, object });
        response.writeHead(200, { "content-type": "application/json" }).end(
          JSON.stringify({
            apiVersion,
            kind: "AdmissionReview",
            response: {
              uid: asked.uid,
              allowed: refusal === undefined,
              ...(refusal ? { status: refusal } : {}),
            },
          }),
        );
      })
      .catch(() => response.writeHead(400).end());
  });
  server.requestTimeout = 10_000;
  return { stop: await listenForNodes(server, path, 64) };
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
