import { readFile, stat } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { digestOf, ociTypes } from "@/lib/mirror/add-chart";
import type { Mirror } from "@/lib/mirror/mirror";
import { sendFile } from "./answer-http";

/**
 * The read side of an OCI registry (distribution-spec 1.1: manifests by tag or digest, blobs, tags), without a login. False for a path
 * that is not of its API.
 */
export async function answerRegistry(
  mirror: Mirror,
  { host, path }: { host: string; path: string },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  if (path !== "/v2/" && path !== "/v2" && !path.startsWith("/v2/")) return false;
  const method = request.method ?? "GET";
  if (method !== "GET" && method !== "HEAD")
    return refuse(response, 405, "UNSUPPORTED", "the registry is read-only");
  response.setHeader("Docker-Distribution-Api-Version", "registry/2.0");
  if (path === "/v2/" || path === "/v2") {
    response.writeHead(200, { "Content-Type": "application/json" }).end("{}");
    return true;
  }
  const [, repository = "", kind = "", name = ""] =
    /^\/v2\/(.+)\/(manifests|blobs)\/([\w][\w.+:-]{0,140})$/.exec(path) ?? [];
  const folder = mirror.ociFolder(host, repository);
  const file = folder === undefined ? undefined : join(folder, kind, name);
  const found = file === undefined || kind === "" ? undefined : await stat(file).catch(() => undefined);
  if (!found?.isFile())
    return refuse(
      response,
      404,
      kind === "blobs" ? "BLOB_UNKNOWN" : "MANIFEST_UNKNOWN",
      `${name || path} is unknown`,
    );
  if (kind === "blobs") {
    response.setHeader("Docker-Content-Digest", name);
    await sendFile(response, method, { path: file!, sizeBytes: found.size });
    return true;
  }
  const manifest = await readFile(file!);
  response.writeHead(200, {
    "Content-Type":
      (JSON.parse(manifest.toString()) as { mediaType?: string }).mediaType ?? ociTypes.manifest,
    "Content-Length": manifest.length,
    "Docker-Content-Digest": digestOf(manifest),
  });
  response.end(method === "HEAD" ? undefined : manifest);
  return true;
}

function refuse(response: ServerResponse, status: number, code: string, message: string): true {
  response.writeHead(status, { "Content-Type": "application/json" });
  response.end(JSON.stringify({ errors: [{ code, message }] }));
  return true;
}
