import { request as httpRequest, type IncomingMessage } from "node:http";
import type { TLSSocket } from "node:tls";
import { BackendError } from "@/lib/core/backend-error";
import { OneConnection } from "@/lib/core/http/one-connection";

export type Headers = Record<string, string | string[]>;

const answerBytesMax = 4 << 20;

/** One request and its whole answer over a connection, which is closed afterwards. */
export function exchange(
  socket: TLSSocket,
  { method, path, headers, body }: { method: string; path: string; headers: Headers; body?: string },
  signal: AbortSignal,
): Promise<{ status: number; text: string }> {
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const length = body === undefined ? {} : { "Content-Length": Buffer.byteLength(body) };
    const outgoing = httpRequest(
      {
        method,
        path,
        headers: { "User-Agent": "kube-apiserver-admission", Connection: "close", ...length, ...headers },
        agent: new OneConnection(socket),
        signal,
      },
      (answer) => {
        readText(answer).then((text) => resolve({ status: answer.statusCode ?? 0, text }), reject);
      },
    );
    outgoing.on("error", (failure) => reject(signal.aborted ? (signal.reason as Error) : failure));
    outgoing.end(body);
  }).finally(() => socket.destroy());
}

async function readText(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > answerBytesMax) throw new BackendError(`the answer is longer than ${answerBytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
