import { createHash, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { listen, type LoopbackServer } from "./file-server";

interface Stored {
  body: Buffer;
  mediaType: string;
}

/** A registry in memory on loopback: what pushing and pulling need of the OCI Distribution Specification 1.1. */
export async function startOciRegistry(): Promise<LoopbackServer> {
  const blobs = new Map<string, Stored>();
  const manifests = new Map<string, Stored>();
  const tags = new Map<string, Set<string>>();
  const server = createServer((request, response) => {
    answer(request, response).catch((failure: unknown) => response.writeHead(500).end(String(failure)));
  });
  return listen(server);

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url!, "http://localhost");
    if (url.pathname === "/v2/") return void response.writeHead(200).end();
    const match = /^\/v2\/(.+)\/(blobs\/uploads|blobs|manifests|tags)\/?([^/]*)$/.exec(url.pathname);
    if (!match) return void response.writeHead(404).end();
    const [, repository = "", collection, reference = ""] = match;
    const body = await read(request);
    if (collection === "tags")
      return void response.end(JSON.stringify({ name: repository, tags: [...(tags.get(repository) ?? [])] }));
    if (collection === "blobs/uploads") {
      const digest = url.searchParams.get("digest");
      if (request.method === "POST" && !digest)
        return void response
          .writeHead(202, { location: `/v2/${repository}/blobs/uploads/${randomUUID()}` })
          .end();
      if (digest !== digestOf(body)) return void response.writeHead(400).end();
      blobs.set(digest, { body, mediaType: "application/octet-stream" });
      return void response
        .writeHead(201, { location: `/v2/${repository}/blobs/${digest}`, "docker-content-digest": digest })
        .end();
    }
    if (request.method === "PUT") {
      const digest = digestOf(body);
      const stored = { body, mediaType: request.headers["content-type"] ?? "" };
      manifests.set(`${repository}@${digest}`, stored);
      if (!reference.startsWith("sha256:")) {
        manifests.set(`${repository}@${reference}`, stored);
        tags.set(repository, (tags.get(repository) ?? new Set()).add(reference));
      }
      return void response.writeHead(201, { "docker-content-digest": digest }).end();
    }
    const found = collection === "blobs" ? blobs.get(reference) : manifests.get(`${repository}@${reference}`);
    if (!found) return void response.writeHead(404).end();
    response.writeHead(200, {
      "content-type": found.mediaType,
      "content-length": found.body.length,
      "docker-content-digest": digestOf(found.body),
    });
    response.end(request.method === "HEAD" ? undefined : found.body);
  }
}

const digestOf = (body: Buffer) => `sha256:${createHash("sha256").update(body).digest("hex")}`;

async function read(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
