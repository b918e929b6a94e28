import { readdir, readFile, stat } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { digestOf, ociTypes } from "@/lib/mirror/add-chart";
import type { Mirror } from "@/lib/mirror/mirror";
import { sendFile, type OutsideContent } from "./answer-http";

/**
 * The read side of an OCI registry (distribution-spec 1.1: manifests by tag or digest, blobs, tags), without a login. False for a path
 * that is not of its API.
 */
export async function answerRegistry(
  { mirror, product }: Pick<OutsideContent, "mirror" | "product">,
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
  const tagsOf = /^\/v2\/(.+)\/tags\/list$/.exec(path)?.[1];
  if (tagsOf) return answerTags(response, tagsOf, [mirror, await product("oci")], host);
  const [, repository = "", kind = "", name = ""] =
    /^\/v2\/(.+)\/(manifests|blobs)\/([\w][\w.+:-]{0,140})$/.exec(path) ?? [];
  const fileOf = async (one: Mirror) => {
    const folder = one.ociFolder(host, repository);
    const at = folder === undefined || kind === "" ? undefined : join(folder, kind, name);
    const status = at === undefined ? undefined : await stat(at).catch(() => undefined);
    return status?.isFile() ? { path: at!, sizeBytes: status.size } : undefined;
  };
  const found = (await fileOf(mirror)) ?? (await fileOf(await product("oci")));
  if (!found)
    return refuse(
      response,
      404,
      kind === "blobs" ? "BLOB_UNKNOWN" : "MANIFEST_UNKNOWN",
      `${name || path} is unknown`,
    );
  if (kind === "blobs") {
    response.setHeader("Docker-Content-Digest", name);
    await sendFile(response, method, found);
    return true;
  }
  const manifest = await readFile(found.path);
  response.writeHead(200, {
    "Content-Type":
      (JSON.parse(manifest.toString()) as { mediaType?: string }).mediaType ?? ociTypes.manifest,
    "Content-Length": manifest.length,
    "Docker-Content-Digest": digestOf(manifest),
  });
  response.end(method === "HEAD" ? undefined : manifest);
  return true;
}

/** The tags of all mirrors that have the repository. */
async function answerTags(
  response: ServerResponse,
  repository: string,
  mirrors: Mirror[],
  host: string,
): Promise<true> {
  const tags = new Set<string>();
  for (const mirror of mirrors) {
    const folder = mirror.ociFolder(host, repository);
    const names = folder === undefined ? [] : await readdir(join(folder, "manifests")).catch(() => []);
    for (const name of names) if (!name.startsWith("sha256:")) tags.add(name);
  }
  if (tags.size === 0) return refuse(response, 404, "NAME_UNKNOWN", `${repository} is unknown`);
  response.writeHead(200, { "Content-Type": "application/json" });
  response.end(JSON.stringify({ name: repository, tags: [...tags].sort() }));
  return true;
}

function refuse(response: ServerResponse, status: number, code: string, message: string): true {
  response.writeHead(status, { "Content-Type": "application/json" });
  response.end(JSON.stringify({ errors: [{ code, message }] }));
  return true;
}
