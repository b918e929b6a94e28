import { createHash } from "node:crypto";
import type { Clock } from "@/lib/core/clock";
import type { ClusterClient } from "@/lib/cluster/client/client";
import { refs } from "@/lib/cluster/client/refs";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { Pod } from "@/lib/cluster/resources/types";
import type { ContainerRuntime, VolumeFiles } from "../container-runtime";
import {
  planVolumes,
  podFolder,
  type TokenRequest,
  type VolumePlan,
  type VolumeReferences,
} from "./plan-volumes";

/** Where each volume of a pod lies on the node, and what made them there. */
export type MountedVolumes = Pick<VolumePlan, "sources" | "steps">;

interface Mounted extends MountedVolumes {
  fingerprint: string;
  tokens: Map<string, string>;
  /** When the first token is to be replaced. */
  renewAtMs: number;
}

export interface PodVolumesOptions {
  runtime: ContainerRuntime;
  client: ClusterClient;
  clock: Clock;
}

/** The volumes of the pods on one node: made once, and their projected content kept up to date. */
export class PodVolumes {
  readonly #mounted = new Map<string, Mounted>();

  constructor(private readonly options: PodVolumesOptions) {}

  /** Makes what is not there yet. Throws VolumeError. */
  async mount(uid: string, pod: Pod, references: VolumeReferences): Promise<MountedVolumes> {
    const known = this.#mounted.get(uid);
    if (known) return known;
    const plan = planVolumes(pod, uid, references);
    const { tokens, renewAtMs } = await this.#tokensOf(pod, plan);
    await this.options.runtime.makeVolumes(plan.steps, filesOf(plan, tokens), gidOf(pod));
    const { sources, steps } = plan;
    this.#mounted.set(uid, { sources, steps, fingerprint: fingerprintOf(plan), tokens, renewAtMs });
    return plan;
  }

  /**
   * Writes what has changed of ConfigMaps, Secrets, labels and tokens; volumes that another kubelet made are gone through
   * whole. Throws VolumeError, with the old content in place.
   */
  async refresh(uid: string, pod: Pod, references: VolumeReferences): Promise<void> {
    const plan = planVolumes(pod, uid, references);
    if (plan.projections.length === 0) return;
    const known = this.#mounted.get(uid);
    const fingerprint = fingerprintOf(plan);
    const isKept = known !== undefined && this.options.clock.now() < known.renewAtMs;
    if (fingerprint === known?.fingerprint && isKept) return;
    const { tokens, renewAtMs } = isKept ? known : await this.#tokensOf(pod, plan);
    await this.options.runtime.makeVolumes(known ? [] : plan.steps, filesOf(plan, tokens), gidOf(pod));
    this.#mounted.set(uid, { sources: plan.sources, steps: plan.steps, fingerprint, tokens, renewAtMs });
  }

  /** When `refresh` is due though nothing has changed; undefined for never. */
  refreshAtMs(uid: string): number | undefined {
    const atMs = this.#mounted.get(uid)?.renewAtMs ?? Infinity;
    return atMs === Infinity ? undefined : atMs;
  }

  /** Whether this kubelet has made them. */
  has(uid: string): boolean {
    return this.#mounted.has(uid);
  }

  forget(uid: string): void {
    this.#mounted.delete(uid);
  }

  async remove(uid: string): Promise<void> {
    await this.options.runtime.removeVolumes(podFolder(uid));
    this.#mounted.delete(uid);
  }

  async #tokensOf(pod: Pod, plan: VolumePlan): Promise<{ tokens: Map<string, string>; renewAtMs: number }> {
    const tokens = new Map<string, string>();
    let renewAtMs = Infinity;
    const requests = plan.projections.flatMap(({ root, tokens: wanted }) =>
      wanted.map((request) => ({ key: `${root}/${request.path}`, request })),
    );
    await Promise.all(
      requests.map(async ({ key, request }) => {
        tokens.set(key, await this.#requestToken(pod, request));
        // As the kubelet: at 80% of its life.
        renewAtMs = Math.min(renewAtMs, this.options.clock.now() + request.expirationSeconds * 800);
      }),
    );
    return { tokens, renewAtMs };
  }

  async #requestToken(pod: Pod, { expirationSeconds, audience }: TokenRequest): Promise<string> {
    const { name, namespace, uid } = pod.metadata;
    const answer = await this.options.client.createSubresource<KubeObject>(
      refs.serviceAccounts,
      namespace,
      pod.spec.serviceAccountName ?? "default",
      "token",
      {
        apiVersion: "authentication.k8s.io/v1",
        kind: "TokenRequest",
        metadata: { name: "" },
        spec: {
          expirationSeconds,
          audiences: audience ? [audience] : [],
          boundObjectRef: { apiVersion: "v1", kind: "Pod", name, uid },
        },
      },
    );
    return (answer.status as { token: string }).token;
  }
}

function gidOf(pod: Pod): number | undefined {
  return pod.spec.securityContext?.fsGroup;
}

function filesOf(plan: VolumePlan, tokens: ReadonlyMap<string, string>): VolumeFiles[] {
  return plan.projections.map(({ root, files, tokens: wanted }) => ({
    root,
    files: [
      ...files,
      ...wanted.map(({ path, mode }) => ({ path, mode, content: tokens.get(`${root}/${path}`) ?? "" })),
    ],
  }));
}

function fingerprintOf(plan: VolumePlan): string {
  const hash = createHash("sha256");
  for (const { root, files } of plan.projections)
    for (const { path, content, mode } of files)
      hash.update(`${root}\0${path}\0${mode}\0${content.length}\0`).update(content);
  return hash.digest("hex");
}
