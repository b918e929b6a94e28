/** An image reference with everything that a container runtime fills in: "nginx" is docker.io/library/nginx:latest. */
export interface ImageReference {
  registry: string;
  repository: string;
  /** "latest", or the digest where the reference has one. */
  tag: string;
  /** The full name. */
  name: string;
}

/** Follows the reference grammar of distribution (normalised names). Undefined for what is not a reference. */
export function parseImageReference(text: string): ImageReference | undefined {
  const match = /^([^@]*?)(?::([\w][\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(text);
  if (!match || !match[1]) return undefined;
  const parts = match[1].split("/");
  const first = parts[0]!;
  const hasRegistry =
    parts.length > 1 && (first.includes(".") || first.includes(":") || first === "localhost");
  const registry = hasRegistry ? parts.shift()! : "docker.io";
  if (registry === "docker.io" && parts.length === 1) parts.unshift("library");
  if (!parts.every((part) => /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*$/.test(part))) return undefined;
  const repository = parts.join("/");
  const tag = match[3] ?? match[2] ?? "latest";
  return { registry, repository, tag, name: `${registry}/${repository}${match[3] ? "@" : ":"}${tag}` };
}

/** What containerd says of a pull on a node without a way out (the kubelet reports it as ErrImagePull). */
export function pullErrorText(reference: ImageReference): string {
  const host = reference.registry === "docker.io" ? "registry-1.docker.io" : reference.registry;
  return (
    `failed to pull and unpack image "${reference.name}": failed to resolve reference "${reference.name}": ` +
    `failed to do request: Head "https://${host}/v2/${reference.repository}/manifests/${reference.tag}": ` +
    `dial tcp: lookup ${host.split(":")[0]}: no such host`
  );
}

/** Whether a pattern of the catalogue ("registry.k8s.io/etcd:3.6.*") names the reference; `*` stops at "/" and ":". */
export function patternMatches(pattern: string, reference: ImageReference): boolean {
  const wanted = parseImageReference(pattern.replaceAll("*", "0wildcard0"));
  if (!wanted) return false;
  const expression = wanted.name
    .split("0wildcard0")
    .map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
    .join("[^/:]*");
  return new RegExp(`^${expression}$`).test(reference.name);
}

/** What containerd says of a tag that a registry's repository does not have. */
export function tagNotFoundText({ name }: ImageReference): string {
  return `failed to pull and unpack image "${name}": failed to resolve reference "${name}": ${name}: not found`;
}
