import { request } from "node:http";
import { checkServerIdentity, connect, type TLSSocket } from "node:tls";
import type { Duplex } from "node:stream";
import { goText } from "@/lib/core/backend-error";
import { OneConnection } from "@/lib/core/http/one-connection";

export interface KubeletAccess {
  token: string;
  /** PEM of whom a kubelet's certificate has to be of; undefined: of anybody. */
  ca: string | undefined;
}

const answerBytesMax = 8 << 20;

/** GETs /metrics/resource of the kubelet at `address` over a connection from `dial`; throws with Go's words. */
export async function scrape(
  dial: (address: string) => Promise<Duplex>,
  { host, port }: { host: string; port: number },
  access: KubeletAccess,
  signal: AbortSignal,
): Promise<string> {
  const authority = `${host}:${port}`;
  const path = "/metrics/resource";
  try {
    const socket = await secure(await dial(authority), host, access.ca, signal);
    const headers = { Host: authority, Authorization: `Bearer ${access.token}`, Connection: "close" };
    const { status, statusText, text } = await get(socket, path, headers, signal);
    if (status === 200) return text;
    throw new RequestFailed(`request failed, status: "${status} ${statusText}"`);
  } catch (failure) {
    if (failure instanceof RequestFailed) throw failure;
    const why = goText(signal.aborted ? signal.reason : failure, authority, host);
    throw new Error(`Get "https://${authority}${path}": ${why}`, { cause: failure });
  }
}

class RequestFailed extends Error {}

/** As Go verifies: first whom the certificate is for, then who signed it. */
function secure(raw: Duplex, host: string, ca: string | undefined, signal: AbortSignal): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ socket: raw, host, rejectUnauthorized: false, ...(ca ? { ca } : {}) });
    const fail = (failure: unknown) => {
      socket.destroy();
      raw.destroy();
      reject(failure as Error);
    };
    const abort = () => fail(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    socket.once("error", fail);
    socket.once("secureConnect", () => {
      signal.removeEventListener("abort", abort);
      socket.off("error", fail);
      socket.on("error", () => socket.destroy());
      const wrongName = ca ? checkServerIdentity(host, socket.getPeerCertificate()) : undefined;
      if (wrongName) return fail(wrongName);
      if (ca && !socket.authorized) return fail({ code: String(socket.authorizationError) });
      resolve(socket);
    });
  });
}

function get(
  socket: TLSSocket,
  path: string,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<{ status: number; statusText: string; text: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ path, headers, agent: new OneConnection(socket), signal }, (answer) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      answer.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > answerBytesMax) answer.destroy(new Error("the answer is too long"));
        else chunks.push(chunk);
      });
      answer.on("error", reject);
      answer.on("end", () =>
        resolve({
          status: answer.statusCode ?? 0,
          statusText: answer.statusMessage ?? "",
          text: Buffer.concat(chunks).toString("utf8"),
        }),
      );
    });
    outgoing.on("error", reject);
    outgoing.end();
  });
}
