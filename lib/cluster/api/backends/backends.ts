import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import type { WebhookClientConfig } from "@/lib/cluster/resources/types";
import type { Registry } from "../registry/registry";
import { endpointOf, type Endpoint } from "./endpoint";
import { BackendError, goText } from "@/lib/core/backend-error";
import { exchange, type Headers } from "./exchange";
import { secure, type Trust } from "./secure";

/** A TCP connection from where the API server's node stands. */
export type Dial = (host: string, port: number, signal: AbortSignal) => Promise<Duplex>;

/** Servers that the API server calls: webhooks and aggregated APIs, over TLS through an injected dialler. */
export class Backends {
  constructor(
    readonly registry: Registry,
    readonly dial: Dial,
  ) {}

  /** Throws BackendError with Go's words. */
  async connect(endpoint: Endpoint, trust: Trust, signal: AbortSignal): Promise<TLSSocket> {
    let shown = endpoint.authority;
    try {
      const { host, port } = endpoint.address();
      shown = hostPort(host, port);
      const raw = await this.dial(host, port, signal);
      return await secure(raw, endpoint.serverName, trust, signal);
    } catch (failure) {
      const why = goText(signal.aborted ? signal.reason : failure, shown, endpoint.serverName);
      throw new BackendError(why, { cause: failure });
    }
  }

  /**
   * POSTs JSON to a webhook and gives what it answers. Throws BackendError with the words of Go's client for whatever
   * goes wrong, an answer that is no JSON included.
   */
  async post(config: WebhookClientConfig, body: object, timeoutMs: number): Promise<unknown> {
    const endpoint = endpointOf(this.registry, config);
    const separator = endpoint.path.includes("?") ? "&" : "?";
    const path = `${endpoint.path}${separator}timeout=${Math.ceil(timeoutMs / 1000)}s`;
    const headers = {
      Host: endpoint.authority,
      "Content-Type": "application/json",
      Accept: "application/json, */*",
    };
    const sent = { method: "POST", path, headers, body: JSON.stringify(body) };
    const { status, text } = await this.#send(endpoint, config, sent, timeoutMs).catch((failure: unknown) => {
      const why = goText(failure, endpoint.authority, endpoint.serverName);
      throw new BackendError(`Post "https://${endpoint.authority}${path}": ${why}`, { cause: failure });
    });
    if (status < 200 || status > 299) throw new BackendError(refusal(status, text));
    try {
      return JSON.parse(text) as unknown;
    } catch (failure) {
      throw new BackendError(`couldn't get version/kind; json parse error: ${(failure as Error).message}`, {
        cause: failure,
      });
    }
  }

  /** GETs a path of an aggregated server; throws BackendError unless it answers with success. */
  async get(
    config: WebhookClientConfig,
    path: string,
    trust: Trust,
    headers: Headers,
    timeoutMs: number,
  ): Promise<string> {
    const endpoint = endpointOf(this.registry, config);
    const { host, port } = endpoint.address();
    const url = `https://${hostPort(host, port)}${path}`;
    const sent = { method: "GET", path, headers: { Host: endpoint.authority, ...headers } };
    const missing = `failing or missing response from ${url}`;
    const { status, text } = await this.#send(endpoint, trust, sent, timeoutMs).catch((failure: unknown) => {
      const why = goText(failure, endpoint.authority, endpoint.serverName);
      throw new BackendError(`${missing}: Get "${url}": ${why}`, { cause: failure });
    });
    if (status < 200 || status > 299) throw new BackendError(`${missing}: bad status from ${url}: ${status}`);
    return text;
  }

  async #send(
    endpoint: Endpoint,
    trust: Trust,
    request: Parameters<typeof exchange>[1],
    timeoutMs: number,
  ): Promise<{ status: number; text: string }> {
    const signal = AbortSignal.timeout(timeoutMs);
    const socket = await this.connect(endpoint, trust, signal);
    return exchange(socket, request, signal);
  }
}

const hostPort = (host: string, port: number) => `${host.includes(":") ? `[${host}]` : host}:${port}`;

/** What client-go makes of an answer that is no success. */
function refusal(status: number, text: string): string {
  if (status === 404) return "the server could not find the requested resource";
  if (status === 401) return "the server has asked for the client to provide credentials";
  if (status === 403) return "forbidden";
  if (status === 503) return "the server is currently unable to handle the request";
  if (status >= 500)
    return `an error on the server (${JSON.stringify(text.trim().slice(0, 2048) || "unknown")}) has prevented the request from succeeding`;
  return "the server rejected our request for an unknown reason";
}
