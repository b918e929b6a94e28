import { isIP } from "node:net";
import type { PeerCertificate } from "node:tls";

/** A server that could not be reached or gave no answer; the message is what Go's client says. */
export class BackendError extends Error {}

const untrusted = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);

/** What Go's net, tls and http packages say of the failure of one connection to `address`. */
export function goText(failure: unknown, address: string, serverName: string): string {
  if (failure instanceof BackendError) return failure.message;
  const { code: own, message = "", name } = failure as { code?: unknown; message?: string; name?: string };
  // An API error's code is a number.
  const code = typeof own === "string" ? own : "";
  if (name === "AbortError" || name === "TimeoutError" || code === "ABORT_ERR")
    return "context deadline exceeded";
  if (untrusted.has(code))
    return "tls: failed to verify certificate: x509: certificate signed by unknown authority";
  if (code === "CERT_HAS_EXPIRED" || code === "CERT_NOT_YET_VALID")
    return "tls: failed to verify certificate: x509: certificate has expired or is not yet valid";
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") {
    if (
      isIP(serverName) &&
      !/IP Address:/.test((failure as { cert?: PeerCertificate }).cert?.subjectaltname ?? "")
    )
      return `tls: failed to verify certificate: x509: cannot validate certificate for ${serverName} because it doesn't contain any IP SANs`;
    const names = /(?:altnames|Names): (.*)$/.exec(message)?.[1];
    const valid = names?.replace(/(DNS|IP Address):/g, "");
    return `tls: failed to verify certificate: x509: certificate is valid for ${valid ?? "other names"}, not ${serverName}`;
  }
  if (code === "EPROTO" || code.startsWith("ERR_SSL_"))
    return "http: server gave HTTP response to HTTPS client";
  if (code === "ECONNRESET" || code === "EPIPE" || /socket hang up|disconnected before/.test(message))
    return "EOF";
  if (code === "ECONNREFUSED" || /refused/i.test(message))
    return `dial tcp ${address}: connect: connection refused`;
  if (/no route|unreachable/i.test(message)) return `dial tcp ${address}: connect: no route to host`;
  if (/timed? ?out/i.test(message)) return `dial tcp ${address}: i/o timeout`;
  return `dial tcp ${address}: ${message}`;
}
