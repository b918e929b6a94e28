import type { Clock } from "@/lib/core/clock";
import type { Logger } from "@/lib/core/logger";
import type { Pod } from "@/lib/cluster/resources/types";
import type { NodeInspection } from "./container-runtime";
import { quoted, type KubeletLog } from "./kubelet-log";
import type { NodeIdentity } from "./node-reporter";
import { parseStaticPods } from "./static-pods";

/** The pods of a node's manifests folder, by uid. */
export class ManifestFolder {
  path = "/etc/kubernetes/manifests";
  #pods = new Map<string, Pod>();
  #text = "";

  constructor(
    private readonly parts: { node: NodeIdentity; clock: Clock; logger: Logger },
    private readonly log: KubeletLog,
  ) {}

  get(uid: string): Pod | undefined {
    return this.#pods.get(uid);
  }

  uids(): Iterable<string> {
    return this.#pods.keys();
  }

  /** What is read next is new, whatever was read before. */
  forget(): void {
    this.#text = "";
  }

  /** Takes over what the folder holds; the uids of the pods that were there or are there now, none when it holds the same. */
  read(inspection: NodeInspection): Iterable<string> {
    const text = JSON.stringify([inspection.hasStaticPodPath, inspection.manifests]);
    if (text === this.#text) return [];
    this.#text = text;
    if (!inspection.hasStaticPodPath)
      this.log.error(
        "file.go:104",
        `"Unable to read config path" err="path does not exist, ignoring" path=${quoted(this.path)}`,
      );
    const { logger, node, clock } = this.parts;
    const { pods, failures } = parseStaticPods(inspection.manifests, node, clock.now());
    for (const { path, message } of failures) {
      logger.info({ node: node.name, path, message }, "manifest is not a pod");
      const why = `${path}: couldn't parse as pod(${message}), please check config file`;
      this.log.error(
        "file.go:187",
        `"Could not process manifest file" err=${quoted(why)} path=${quoted(path)}`,
      );
    }
    const before = this.#pods;
    this.#pods = new Map(pods.map((pod) => [pod.metadata.uid!, pod]));
    return new Set([...before.keys(), ...this.#pods.keys()]);
  }
}
