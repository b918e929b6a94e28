/** What a path names: request.RequestInfo of apiserver. */
export type RequestInfo =
  | {
      isResource: true;
      group: string;
      version: string;
      namespace: string | undefined;
      /** Empty for the list of a group version's resources. */
      plural: string;
      name: string;
      subresource: string;
      /** What follows the subresource, as the client wrote it: the path that a proxy relays. "" or begins with a slash. */
      rest: string;
      path: string;
      query: URLSearchParams;
    }
  | { isResource: false; path: string; query: URLSearchParams };

const namespaceSubresources = new Set(["status", "finalize"]);

/** Undefined when the target is not a well-formed path. */
export function parseRequest(target: string): RequestInfo | undefined {
  const question = target.indexOf("?");
  const path = question < 0 ? target : target.slice(0, question);
  const query = new URLSearchParams(question < 0 ? "" : target.slice(question + 1));
  let parts: string[];
  try {
    parts = path.split("/").slice(1).map(decodeURIComponent);
  } catch {
    return undefined;
  }
  if (!path.startsWith("/")) return undefined;
  const plain = { isResource: false as const, path, query };
  while (parts.length > 1 && parts.at(-1) === "") parts.pop();
  const [root, ...below] = parts;
  if (root !== "api" && root !== "apis") return plain;
  const group = root === "api" ? "" : (below.shift() ?? "");
  const version = below.shift() ?? "";
  if (!version || (root === "apis" && !group) || below.length === 0) return plain;

  // The old way to ask for a watch: /api/v1/watch/pods.
  if (below[0] === "watch" && below.length > 1) {
    below.shift();
    query.set("watch", "true");
  }
  let namespace: string | undefined;
  let segments = below;
  if (
    below[0] === "namespaces" &&
    below.length > 2 &&
    !(below.length === 3 && namespaceSubresources.has(below[2]!))
  ) {
    namespace = below[1];
    segments = below.slice(2);
  }
  const [plural = "", name = "", subresource = ""] = segments;
  // Not decoded, with what slashes it has: the server behind a proxy gets it as it came.
  const before = parts.length - segments.length + 3;
  return {
    isResource: true,
    group,
    version,
    namespace,
    plural,
    name,
    subresource,
    rest: segments.length >= 3 ? restOf(path, before) : "",
    path,
    query,
  };
}

/** What follows the first `count` segments. */
function restOf(path: string, count: number): string {
  let at = 0;
  for (let segment = 0; segment < count && at >= 0; segment++) at = path.indexOf("/", at + 1);
  return at < 0 ? "" : path.slice(at);
}
