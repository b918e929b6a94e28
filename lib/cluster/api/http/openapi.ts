import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { gunzipSync, gzipSync } from "node:zlib";
import { noSuchResource } from "@/lib/cluster/client/status";
import {
  encodeSwagger,
  openapiV2,
  openapiV3,
  openapiV3Paths,
  openapiV3Root,
  openapiV3RootPaths,
} from "@/lib/cluster/resources/schema";
import type { Api } from "../api";
import { customDocument, customPaths } from "../crd/openapi";
import { parseMediaTypes } from "./negotiate";
import type { RequestInfo } from "./request-info";
import { sendJson } from "./respond";

/** Asked for with an @, answered with a dot: the @ is not allowed in a media type. */
const swaggerProtobuf = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

/** A document with its hash, compressed: built-in ones are made once a process and shared by its clusters. */
interface Document {
  hash: string;
  gzip: Buffer;
  contentType: string;
}

const shared = new Map<string, Document>();

/** /openapi/v3, /openapi/v3/<group version>, /openapi/v2. */
export function answerOpenApi(
  api: Api,
  request: IncomingMessage,
  response: ServerResponse,
  info: Extract<RequestInfo, { isResource: false }>,
): void {
  const path = info.path.replace(/\/+$/, "");
  if (path === "/openapi/v3") {
    const custom = customPaths(api.registry);
    const paths = Object.fromEntries(
      [...openapiV3Paths(), ...openapiV3RootPaths(), ...custom.map(({ path }) => path)].map((one) => [
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
    return send(request, response, protobuf ? swagger("protobuf") : swagger("json"));
  }
  const document = path.startsWith("/openapi/v3/") ? find(api, path.slice("/openapi/v3/".length)) : undefined;
  if (!document) throw noSuchResource();
  send(request, response, document);
}

/** The list is asked for often: built-in documents are told apart by the server's version, without making them. */
function hashOf(api: Api, path: string): string {
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

function swagger(form: "json" | "protobuf"): Document {
  const key = `v2/${form}`;
  let made = shared.get(key);
  if (!made) {
    const body = form === "json" ? Buffer.from(JSON.stringify(openapiV2())) : encodeSwagger(openapiV2());
    made = document(body, form === "json" ? "application/json" : swaggerProtobuf, hash(body));
    shared.set(key, made);
  }
  return made;
}

const document = (body: Buffer, contentType: string, hash: string): Document => ({
  hash,
  gzip: gzipSync(body, { level: 6 }),
  contentType,
});

const hash = (body: Buffer) => createHash("sha512").update(body).digest("hex").toUpperCase().slice(0, 64);

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
