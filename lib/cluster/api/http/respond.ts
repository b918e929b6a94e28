import type { ServerResponse } from "node:http";
import { stringify } from "yaml";
import type { ApiStatusError } from "@/lib/cluster/client/status";

/** Sends JSON text, as YAML when the client asked for that. */
export function sendJson(response: ServerResponse, code: number, json: string, yaml = false): void {
  if (response.headersSent || response.destroyed) return;
  const body = Buffer.from(yaml ? stringify(JSON.parse(json)) : json);
  response.writeHead(code, {
    "Content-Type": yaml ? "application/yaml" : "application/json",
    "Content-Length": body.length,
    "Cache-Control": "no-cache, private",
  });
  response.end(body);
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

export function sendStatus(response: ServerResponse, error: ApiStatusError): void {
  const { code, details } = error.status;
  if (response.headersSent) return void response.destroy();
  if (details?.retryAfterSeconds) response.setHeader("Retry-After", String(details.retryAfterSeconds));
  sendJson(response, code, JSON.stringify(error.status));
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
