import type { CriImage, CriPod } from "@/lib/cluster/addons/addon";
import type { AgentSession } from "@/lib/cluster/addons/agents/agent-session";
import type { Informers } from "@/lib/cluster/client/informers";
import type { ContainerInstance } from "@/lib/cluster/node/container-runtime";
import { parseOptions, type ParsedOptions } from "../options";
import { wideTable } from "../table";
import { printObject, type CrictlCommand } from "./command";
import { containerLabels, containerObject, imageObject, podLabels, podObject } from "./objects";
import { ago, humanSize, shortId } from "./units";

const common = {
  "all,a": "switch",
  "quiet,q": "switch",
  "no-trunc": "switch",
  "latest,l": "switch",
  "last,n": "value",
  name: "value",
  namespace: "value",
  id: "value",
  "state,s": "value",
  label: "value",
  "output,o": "value",
  "verbose,v": "switch",
} as const;

export const listContainers: CrictlCommand = async (session, { clock, informers }, argv) => {
  const options = parseOptions(argv, { ...common, "pod,p": "value", image: "value" });
  const { pods, containers } = await session.node.cri.list();
  const podOf = new Map(pods.map((pod) => [pod.podUid, pod]));
  const state = options.value("state")?.toLowerCase();
  const isAll = options.has("all") || options.has("latest") || options.value("last") !== undefined;
  const chosen = containers.filter((one) => {
    const pod = podOf.get(one.podUid);
    return (
      (state ? one.state === state : isAll || one.state === "running") &&
      isNamed(options, one.name) &&
      hasLabel(options, { ...containerLabels(one, pod), ...labelsOf(informers, pod) }) &&
      startsWith(one.containerId, options.value("id")) &&
      startsWith(pod?.podId ?? "", options.value("pod")) &&
      isLike(pod?.namespace ?? "", options.value("namespace")) &&
      (!options.value("image") || one.image.includes(options.value("image")!))
    );
  });
  const some = newest(chosen, ({ startedAtMs }) => startedAtMs, options);
  const short = options.has("no-trunc") ? (id: string) => id : shortId;
  show(session, options, {
    ids: some.map(({ containerId }) => containerId),
    json: () => ({ containers: some.map((one) => containerObject(one, podOf.get(one.podUid))) }),
    head: ["CONTAINER", "IMAGE", "CREATED", "STATE", "NAME", "ATTEMPT", "POD ID", "POD", "NAMESPACE"],
    rows: some.map((one) => {
      const pod = podOf.get(one.podUid);
      return [
        short(one.containerId),
        one.imageId ? short(one.imageId) : one.image,
        ago(one.startedAtMs ?? clock.now(), clock.now()),
        stateOf(one),
        one.name,
        String(one.attempt),
        short(pod?.podId ?? ""),
        pod?.name ?? "unknown",
        pod?.namespace ?? "unknown",
      ];
    }),
  });
};

export const listPods: CrictlCommand = async (session, { clock, informers }, argv) => {
  const options = parseOptions(argv, common);
  const { pods } = await session.node.cri.list();
  const state = options.value("state")?.toLowerCase().replace("notready", "not-ready");
  const chosen = pods.filter(
    (pod) =>
      (!state || pod.state === state) &&
      isNamed(options, pod.name) &&
      hasLabel(options, labelsOf(informers, pod)) &&
      startsWith(pod.podId, options.value("id")) &&
      isLike(pod.namespace, options.value("namespace")),
  );
  const some = newest(chosen, ({ startedAtMs }) => startedAtMs, options);
  const short = options.has("no-trunc") ? (id: string) => id : shortId;
  show(session, options, {
    ids: some.map(({ podId }) => podId),
    json: () => ({ items: some.map(podObject) }),
    head: ["POD ID", "CREATED", "STATE", "NAME", "NAMESPACE", "ATTEMPT", "RUNTIME"],
    rows: some.map((pod) => [
      short(pod.podId),
      ago(pod.startedAtMs ?? clock.now(), clock.now()),
      podState(pod),
      pod.name,
      pod.namespace,
      "0",
      "(default)",
    ]),
  });
};

export const listImages: CrictlCommand = async (session, _, argv) => {
  const options = parseOptions(argv, { ...common, digests: "switch" });
  const [wanted] = options.words;
  const images = (await session.node.cri.images())
    .map((image) => ({ ...image, ...splitName(image) }))
    .filter(
      ({ repository, tag }) => !wanted || `${repository}:${tag}` === wanted || repository.endsWith(wanted),
    )
    .sort((a, b) => (a.repository < b.repository ? -1 : 1));
  const short = options.has("no-trunc") ? (id: string) => id : shortId;
  const digest = ({ imageId }: CriImage) => (options.has("digests") ? [shortId(imageId)] : []);
  show(session, options, {
    ids: [...new Set(images.map(({ imageId }) => imageId))],
    json: () => ({ images: images.map(imageObject) }),
    head: ["IMAGE", "TAG", ...(options.has("digests") ? ["DIGEST"] : []), "IMAGE ID", "SIZE"],
    rows: images.map((image) => [
      image.repository,
      image.tag,
      ...digest(image),
      short(image.imageId),
      humanSize(image.sizeBytes),
    ]),
  });
};

function show(
  session: AgentSession,
  options: ParsedOptions,
  { ids, json, head, rows }: { ids: string[]; json: () => object; head: string[]; rows: string[][] },
): void {
  if (options.has("quiet")) return ids.forEach((id) => session.printOut(id));
  const format = options.value("output") ?? "table";
  if (format !== "table") return printObject(session, format, json());
  session.printOut(wideTable([head, ...rows]));
}

function newest<T>(some: T[], startOf: (one: T) => number | undefined, options: ParsedOptions): T[] {
  const sorted = [...some].sort((a, b) => (startOf(b) ?? 0) - (startOf(a) ?? 0));
  const count = options.has("latest") ? 1 : Number(options.value("last") ?? Infinity);
  return sorted.slice(0, count);
}

function isNamed(options: ParsedOptions, name: string): boolean {
  return isLike(name, options.value("name"));
}

/** crictl takes a regular expression; a part of the name, its beginning or its end is what people give. */
function isLike(text: string, pattern: string | undefined): boolean {
  if (pattern === undefined) return true;
  const part = pattern.replace(/^\^|\$$/g, "");
  if (pattern.startsWith("^") && pattern.endsWith("$")) return text === part;
  if (pattern.startsWith("^")) return text.startsWith(part);
  return pattern.endsWith("$") ? text.endsWith(part) : text.includes(part);
}

/** `--label key=value`, or a key alone. */
function hasLabel(options: ParsedOptions, labels: Record<string, string>): boolean {
  const wanted = options.value("label");
  if (wanted === undefined) return true;
  const [key = "", value] = wanted.split("=");
  return Object.hasOwn(labels, key) && (value === undefined || labels[key] === value);
}

/** The kubelet hands the pod's own labels to its runtime, and some about where it is from. */
function labelsOf(informers: Informers, pod: CriPod | undefined): Record<string, string> {
  if (!pod) return {};
  const own = informers.pods.get(pod.namespace, pod.name)?.metadata.labels ?? {};
  return { ...own, ...podLabels(pod) };
}

function startsWith(id: string, prefix: string | undefined): boolean {
  return prefix === undefined || id.startsWith(prefix);
}

export function stateOf({ state, reason }: ContainerInstance): string {
  if (reason === "Unknown") return "Unknown";
  return { running: "Running", exited: "Exited", created: "Created" }[state];
}

export function podState({ state }: CriPod): string {
  return state === "ready" ? "Ready" : "NotReady";
}

export function splitName({ name }: CriImage): { repository: string; tag: string } {
  const [, repository = name, tag = "latest"] = /^(.*?)(?::([^/:]+))?$/.exec(name) ?? [];
  return { repository: /^[^/]+[.:]/.test(repository) ? repository : `docker.io/library/${repository}`, tag };
}
