import type { Duplex } from "node:stream";
import { connect, type TLSSocket } from "node:tls";
import type { KeyPair } from "../types";

/** Whom a server must be trusted by, and what is shown to it. */
export interface Trust {
  /** PEM in base64; without it the roots of this machine. */
  caBundle?: string;
  insecureSkipTLSVerify?: boolean;
  client?: KeyPair;
}

/** TLS over a connection that stands; rejects with what Node says of the failure, or with the signal's reason. */
export function secure(
  raw: Duplex,
  serverName: string,
  { caBundle, insecureSkipTLSVerify, client }: Trust,
  signal: AbortSignal,
): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const isAddress = /^[\d.]+$|:/.test(serverName);
    const socket = connect({
      socket: raw,
      ...(isAddress ? {} : { servername: serverName }),
      host: serverName,
      ...(caBundle ? { ca: Buffer.from(caBundle, "base64") } : {}),
      ...(client ? { cert: client.certificatePem, key: client.privateKeyPem } : {}),
      rejectUnauthorized: insecureSkipTLSVerify !== true,
      ALPNProtocols: ["http/1.1"],
    });
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
      resolve(socket);
    });
  });
}
