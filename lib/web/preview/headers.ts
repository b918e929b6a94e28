import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from "node:http";

/** Of a browser's request, what a server in a lab gets to see; besides, the page's own "X-" headers. */
const sent = new Set([
  "accept",
  "accept-language",
  "cache-control",
  "content-language",
  "content-length",
  "content-type",
  "pragma",
  "range",
  "user-agent",
]);
/** Said by proxies of themselves: a lab's server must not take a browser's word, or ours, for them. */
const ofProxies = /^x-(examctl|forwarded|real-ip|original|http-method-override)/;

/** Of an answer, what a browser gets to see: nothing that is for an origin, which is ours, and not the lab's. */
const answered = new Set([
  "accept-ranges",
  "allow",
  "content-disposition",
  "content-encoding",
  "content-language",
  "content-length",
  "content-range",
  "content-type",
  "etag",
  "last-modified",
  "retry-after",
]);

/** Without cookies, credentials, origin, hop-by-hop headers and whatever else nobody named. */
export function headersForLab(request: IncomingMessage, host: string): OutgoingHttpHeaders {
  const ofThisHop = new Set(
    String(request.headers.connection ?? "")
      .toLowerCase()
      .split(/[\s,]+/),
  );
  const passed = Object.entries(request.headers).filter(
    ([name]) => (sent.has(name) || (name.startsWith("x-") && !ofProxies.test(name))) && !ofThisHop.has(name),
  );
  const isChunked = request.headers["content-length"] === undefined && hasBody(request.headers);
  return {
    ...Object.fromEntries(passed),
    host,
    // Links in pages are changed on their way, so these come as they are.
    "accept-encoding": "identity",
    connection: "close",
    ...(isChunked ? { "transfer-encoding": "chunked" } : {}),
  };
}

export function hasBody(headers: IncomingHttpHeaders): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

export function headersForBrowser(answer: IncomingMessage): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(answer.headers).filter(([name]) => answered.has(name)));
}

const hostSource = /^[a-z0-9.-]+(:\d+)?$/i;

/**
 * What every answer under a preview's address carries. `sandbox` without allow-same-origin gives the page an origin of its
 * own, which owns no cookie and no storage of ours and may read nothing of ours; it loads from its own address only.
 */
export function isolation(prefix: string, hosts: readonly (string | undefined)[]): OutgoingHttpHeaders {
  const named = hosts.filter((host) => host !== undefined && hostSource.test(host));
  const own = named.length > 0 ? [...new Set(named)].map((host) => `${host}${prefix}/`).join(" ") : "'self'";
  return {
    "content-security-policy": [
      "sandbox allow-scripts allow-forms",
      `default-src ${own} 'unsafe-inline' 'unsafe-eval' data: blob:`,
      `form-action ${own}`,
      `base-uri ${own}`,
      "frame-ancestors 'self'",
    ].join("; "),
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "cross-origin",
    "cache-control": "no-store",
  };
}

/** A page of its own origin asks for its scripts, fonts and data across origins; the address itself is the permission. */
export function sharing({ headers }: IncomingMessage): OutgoingHttpHeaders {
  if (headers.origin !== "null") return {};
  return { "access-control-allow-origin": "null", "access-control-expose-headers": "*" };
}
