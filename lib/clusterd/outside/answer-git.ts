import { spawn } from "node:child_process";
import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { plain, type OutsideContent } from "./answer-http";

const deadlineMs = 60_000;
/** Of one lab: who holds its clones open keeps no other lab from its own. */
const atOnceMax = 4;
const running = new WeakMap<object, number>();

/**
 * Git's smart HTTP for fetching (gitprotocol-http): the references, and packs by `git upload-pack`, which runs with nothing of the
 * request but its body and the protocol version. False for a request that is not git's.
 */
export async function answerGit(
  content: Pick<OutsideContent, "mirror" | "product">,
  { host, path, query }: { host: string; path: string; query: URLSearchParams },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  const [, repositoryPath = "", call = ""] = /^(\/.+?)\/(info\/refs|git-upload-pack)$/.exec(path) ?? [];
  if (call === "" || (call === "info/refs" && query.get("service") !== "git-upload-pack")) return false;
  const { mirror, product } = content;
  const repository =
    (await mirror.repository(host, repositoryPath)) ??
    (await (await product("git")).repository(host, repositoryPath));
  if (!repository) {
    plain(response, 404, "Repository not found.\n");
    return true;
  }
  const count = (change: number) => running.set(content, (running.get(content) ?? 0) + change).get(content)!;
  if (count(1) > atOnceMax) {
    count(-1);
    plain(response, 503, "Too many clones at once. Try again in a moment.\n");
    return true;
  }
  try {
    await uploadPack(repository, call === "info/refs", request, response);
  } finally {
    count(-1);
  }
  return true;
}

async function uploadPack(
  repository: string,
  advertise: boolean,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const version = /^version=[012]$/.exec(String(request.headers["git-protocol"] ?? ""))?.[0];
  const child = spawn(
    "git",
    [
      // Whoever added it owns it; it is only read here.
      ...["-c", `safe.directory=${repository}`, "-c", "uploadpack.allowAnySHA1InWant=true", "upload-pack"],
      ...["--stateless-rpc", ...(advertise ? ["--http-backend-info-refs"] : []), repository],
    ],
    {
      stdio: ["pipe", "pipe", "ignore"],
      timeout: deadlineMs,
      killSignal: "SIGKILL",
      env: {
        NODE_ENV: process.env.NODE_ENV,
        PATH: process.env.PATH,
        HOME: "/nonexistent",
        GIT_CONFIG_NOSYSTEM: "1",
        ...(version && { GIT_PROTOCOL: version }),
      },
    },
  );
  response.once("close", () => child.kill("SIGKILL"));
  child.stdin.on("error", () => undefined);
  response.writeHead(200, {
    "Content-Type": `application/x-git-upload-pack-${advertise ? "advertisement" : "result"}`,
    "Cache-Control": "no-cache",
  });
  if (advertise) {
    child.stdin.end();
    // The service's name comes first, unless the client speaks version 2.
    if (version !== "version=2") response.write("001e# service=git-upload-pack\n0000");
    await pipeline(child.stdout, response);
    return;
  }
  const body = request.headers["content-encoding"] === "gzip" ? request.pipe(createGunzip()) : request;
  await Promise.all([pipeline(body, child.stdin), pipeline(child.stdout, response)]);
}
