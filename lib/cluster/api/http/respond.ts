import type { ServerResponse } from "node:http";
import { stringify } from "yaml";
import type { ApiStatusError } from "@/lib/cluster/client/status";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import { encodeProtobuf } from "@/lib/cluster/resources/protobuf";
import { bytesOf, wholeText, type JsonText } from "./json-text";
import type { Encoding } from "./negotiate";

/** Sends JSON text, in the encoding that the client asked for. */
export function sendJson(
  response: ServerResponse,
  code: number,
  json: JsonText,
  encoding: Encoding = "json",
): void {
  if (response.headersSent || response.destroyed) return;
  const { type, body } = encoded(json, encoding);
  response.writeHead(code, {
    "Content-Type": type,
    "Content-Length": body.length,
    "Cache-Control": "no-cache, private",
  });
  response.end(body);
}

function encoded(json: JsonText, encoding: Encoding): { type: string; body: Buffer } {
  const parsed = () => JSON.parse(wholeText(json)) as KubeObject;
  if (encoding === "yaml") return { type: "application/yaml", body: Buffer.from(stringify(parsed())) };
  const protobuf = encoding === "protobuf" ? encodeProtobuf(parsed()) : undefined;
  return protobuf
    ? { type: "application/vnd.kubernetes.protobuf", body: protobuf }
    : { type: "application/json", body: bytesOf(json) };
}

export function sendText(response: ServerResponse, code: number, text: string): void {
  const body = Buffer.from(text);
  response.writeHead(code, {
    "Content-Type": "text/plain; charset=utf-8",
    "Content-Length": body.length,
    "Cache-Control": "no-cache, private",
    "X-Content-Type-Options": "nosniff",
  });
  response.end(body);
}

export function sendStatus(
  response: ServerResponse,
  error: ApiStatusError,
  encoding: Encoding = "json",
): void {
  const { code, details } = error.status;
  if (response.headersSent) return void response.destroy();
  if (details?.retryAfterSeconds) response.setHeader("Retry-After", String(details.retryAfterSeconds));
  sendJson(response, code, JSON.stringify(error.status), encoding);
}

/** Warning headers as RFC 7234 has them: `299 - "text"`. */
export function setWarnings(response: ServerResponse, warnings: string[]): void {
  const unique = [...new Set(warnings)];
  if (unique.length === 0 || response.headersSent) return;
  response.setHeader(
    "Warning",
    unique.map((text) => `299 - "${text.replace(/[\r\n\0]/g, " ").replace(/["\\]/g, "\\$&")}"`),
  );
}
