/** Where a program on this machine reaches what listens on `host`: all addresses include the loopback one. */
export function localAddress(host) {
  if (host === "0.0.0.0" || host === "") return "127.0.0.1";
  if (host === "::") return "[::1]";
  return host.includes(":") ? `[${host}]` : host;
}
