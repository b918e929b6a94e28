import type { Configuration } from "../model/configuration";
import { innerSocket } from "./places";

/** The `listen` directives of a server on a port. */
export type Listens = (port: number, isTls: boolean, isDefault: boolean) => string[];

/** A port that HTTPS shares with TLS that is handed on: who it is for is seen from the name that the client asks for. */
export function isShared({ streams, servers }: Configuration, port: number): boolean {
  return (
    streams.some((stream) => stream.protocol === "TLS" && stream.port === port) &&
    servers.some((server) => server.port === port)
  );
}

/** A port without TLS that serves gRPC: which of HTTP's versions a client speaks is seen from its first bytes. */
export function isSniffed({ servers }: Configuration, port: number): boolean {
  return servers.some(
    (server) => server.port === port && !server.tls && server.entries.some(({ action }) => action.isGrpc),
  );
}

export function listensOf(configuration: Configuration): Listens {
  return (port, isTls, isDefault) => {
    const options = isDefault ? " default_server" : "";
    const inner = ["set_real_ip_from unix:;", "real_ip_header proxy_protocol;"];
    if (isTls && isShared(configuration, port))
      return [`listen ${innerSocket(port, "https")} ssl http2 proxy_protocol${options};`, ...inner];
    if (isTls) return [`listen ${port} ssl http2${options};`];
    if (isSniffed(configuration, port))
      return [
        `listen ${innerSocket(port, "http1")} proxy_protocol${options};`,
        `listen ${innerSocket(port, "http2")} http2 proxy_protocol${options};`,
        ...inner,
      ];
    return [`listen ${port}${options};`];
  };
}
