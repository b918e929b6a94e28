import type { IncomingMessage, ServerResponse } from "node:http";
import { gunzipSync } from "node:zlib";
import { noSuchResource } from "@/lib/cluster/client/status";
import { openapiV3, openapiV3Paths, openapiV3Root, openapiV3RootPaths } from "@/lib/cluster/resources/schema";
import { documentReader } from "../aggregation/aggregator";
import { relayToRemote } from "../aggregation/relay";
import { rootOf } from "../aggregation/remote-service";
import type { Api } from "../api";
import { customDocument, customPaths } from "../crd/openapi";
import { document, hash, swagger, type Document } from "./openapi-document";
import { parseMediaTypes } from "./negotiate";
import type { RequestInfo } from "./request-info";
import { sendJson } from "./respond";

const shared = new Map<string, Document>();

/** /openapi/v3, /openapi/v3/<group version>, /openapi/v2. */
export function answerOpenApi(
  api: Api,
  request: IncomingMessage,
  response: ServerResponse,
  info: Extract<RequestInfo, { isResource: false }>,
): void | Promise<void> {
  const path = info.path.replace(/\/+$/, "");
  if (path === "/openapi/v3") {
    const custom = customPaths(api.registry);
    const remote = api.aggregator.remotes().filter(({ openapi }) => openapi?.hash !== undefined);
    const own = [...openapiV3Paths(), ...openapiV3RootPaths(), ...custom.map(({ path }) => path)];
    const paths = Object.fromEntries(
      [...own, ...remote.map((one) => rootOf(one).slice(1))].map((one) => [
        one,
        { serverRelativeURL: `/openapi/v3/${one}?hash=${hashOf(api, one)}` },
      ]),
    );
    return sendJson(response, 200, JSON.stringify({ paths }));
  }
  if (path === "/openapi/v2") {
    const protobuf = parseMediaTypes(request.headers.accept).some(({ type }) =>
      type.startsWith("application/com.github.proto-openapi"),
    );
    return send(request, response, swagger(api, protobuf ? "protobuf" : "json"));
  }
  const name = path.startsWith("/openapi/v3/") ? path.slice("/openapi/v3/".length) : "";
  const remote = api.aggregator.documentedAt(name);
  if (remote) return relayToRemote(api.backends, remote, request, response, documentReader);
  const document = find(api, name);
  if (!document) throw noSuchResource();
  send(request, response, document);
}

/** The list is asked for often: built-in documents are told apart by the server's version, without making them. */
function hashOf(api: Api, path: string): string {
  const remote = api.aggregator.documentedAt(path);
  if (remote) return remote.openapi!.hash!;
  const custom = customDocument(api.registry, path);
  if (custom !== undefined) return hash(Buffer.from(custom));
  return hash(Buffer.from(`${api.registry.facts.version}/${path}`));
}

function find(api: Api, path: string): Document | undefined {
  const custom = customDocument(api.registry, path);
  if (custom !== undefined)
    return document(Buffer.from(custom), "application/json", hash(Buffer.from(custom)));
  const known = shared.get(path);
  if (known) return known;
  const text = openapiV3Root(path) ?? openapiV3(path.replace(/^apis?\//, ""));
  if (text === undefined) return undefined;
  const made = document(Buffer.from(text), "application/json", hashOf(api, path));
  shared.set(path, made);
  return made;
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  { hash, gzip, contentType }: Document,
): void {
  const etag = `"${hash}"`;
  response.setHeader("Etag", etag);
  response.setHeader("Vary", "Accept-Encoding, Accept");
  response.setHeader("Cache-Control", "no-cache, private");
  if (request.headers["if-none-match"] === etag) return void response.writeHead(304).end();
  const compressed = /\bgzip\b/.test(String(request.headers["accept-encoding"] ?? ""));
  response.setHeader("Content-Type", contentType);
  if (compressed) {
    response.writeHead(200, { "Content-Encoding": "gzip", "Content-Length": gzip.length }).end(gzip);
    return;
  }
  const body = gunzipSync(gzip);
  response.writeHead(200, { "Content-Length": body.length }).end(body);
}
