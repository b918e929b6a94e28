import { createReadStream } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname } from "node:path";
import { pipeline } from "node:stream/promises";
import type { Mirror, MirroredFile } from "@/lib/mirror/mirror";
import { answerGit } from "./answer-git";
import { answerRegistry } from "./answer-registry";
import { chartHosts } from "./charts/charts";
import type { ProductPart } from "./product-mirror";

export interface OutsideContent {
  mirror: Mirror;
  /** Repositories and charts of the product's own, below what an administrator has added. */
  product: (part: ProductPart) => Promise<Mirror>;
  /** The product's own manifest for a URL. */
  manifest(host: string, path: string): string | undefined;
}

const contentTypes: Record<string, string> = {
  ".yaml": "text/plain; charset=utf-8",
  ".yml": "text/plain; charset=utf-8",
  ".txt": "text/plain; charset=utf-8",
  ".json": "application/json",
  ".tgz": "application/gzip",
  ".gz": "application/gzip",
};

/** One request to a host outside. What is not there is 404, as on the host itself. */
export async function answerHttp(
  content: OutsideContent,
  host: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? "/", "https://outside.invalid");
  const path = decodePath(url.pathname);
  if (path === undefined) return plain(response, 400, "Bad Request\n");
  if (await answerGit(content, { host, path, query: url.searchParams }, request, response)) return;
  if (await answerRegistry(content, { host, path }, request, response)) return;
  if (request.method !== "GET" && request.method !== "HEAD")
    return plain(response, 405, "Method Not Allowed\n");
  const file =
    (await content.mirror.file(host, path)) ??
    (chartHosts.has(host) ? await (await content.product("files")).file(host, path) : undefined);
  if (file) return sendFile(response, request.method, file, contentTypes[extname(path)]);
  const manifest = content.manifest(host, path);
  if (manifest === undefined) return plain(response, 404, "404: Not Found");
  plain(response, 200, request.method === "HEAD" ? "" : manifest);
}

export async function sendFile(
  response: ServerResponse,
  method: string,
  file: MirroredFile,
  type = "application/octet-stream",
): Promise<void> {
  response.writeHead(200, { "Content-Type": type, "Content-Length": file.sizeBytes });
  if (method === "HEAD") response.end();
  else await pipeline(createReadStream(file.path), response);
}

export function plain(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8" });
  response.end(text);
}

function decodePath(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}
