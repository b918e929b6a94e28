import type { PersistentVolume, PersistentVolumeClaim, Pod, Volume } from "@/lib/cluster/resources/types";
import { quantityToNumber } from "@/lib/cluster/resources/quantity";
import type { VolumeStep } from "../container-runtime";
import type { PodReferences } from "../environment";
import { addData, addDownward, type ProjectedFile } from "./project-data";

/** A volume that cannot be set up (yet): the pod waits with an event FailedMount. */
export class VolumeError extends Error {
  constructor(
    readonly volume: string,
    message: string,
  ) {
    super(message);
  }
}

export interface TokenRequest {
  path: string;
  expirationSeconds: number;
  audience?: string;
  mode: number;
}

/** A folder whose whole content the kubelet writes, and replaces at once when it changes. */
export interface Projection {
  volume: string;
  root: string;
  files: ProjectedFile[];
  tokens: TokenRequest[];
}

export interface VolumePlan {
  /** Where each volume lies on the node. */
  sources: Map<string, string>;
  /** What is to be made before any container starts, in this order. */
  steps: VolumeStep[];
  projections: Projection[];
}

export interface VolumeReferences extends PodReferences {
  claim(name: string): PersistentVolumeClaim | undefined;
  persistentVolume(name: string): PersistentVolume | undefined;
}

export function podFolder(uid: string): string {
  return `/var/lib/kubelet/pods/${uid}`;
}

/** What a pod's volumes need on its node; paths as kubelet names them. Throws VolumeError. */
export function planVolumes(pod: Pod, uid: string, references: VolumeReferences): VolumePlan {
  const plan: VolumePlan = { sources: new Map(), steps: [], projections: [] };
  for (const volume of pod.spec.volumes ?? []) planVolume(pod, uid, volume, references, plan);
  return plan;
}

function planVolume(
  pod: Pod,
  uid: string,
  volume: Volume,
  references: VolumeReferences,
  plan: VolumePlan,
): void {
  const { name } = volume;
  const folder = (plugin: string) => `${podFolder(uid)}/volumes/kubernetes.io~${plugin}/${name}`;
  const fsGroup = pod.spec.securityContext?.fsGroup;
  const fail = (message: string): never => {
    throw new VolumeError(name, message);
  };
  const project = (plugin: string, collect: (projection: Projection) => void) => {
    const projection: Projection = { volume: name, root: folder(plugin), files: [], tokens: [] };
    collect(projection);
    plan.sources.set(name, projection.root);
    plan.projections.push(projection);
  };
  const host = (path: string, type: string) => {
    plan.sources.set(name, path);
    plan.steps.push({ kind: "host-path", path, type, volume: name });
  };

  if (volume.hostPath) return host(volume.hostPath.path, volume.hostPath.type ?? "");
  if (volume.emptyDir) {
    const path = folder("empty-dir");
    const { medium, sizeLimit } = volume.emptyDir;
    const sizeBytes = sizeLimit === undefined ? undefined : quantityToNumber(sizeLimit);
    plan.sources.set(name, path);
    plan.steps.push({ kind: "empty-dir", path, inMemory: medium === "Memory", sizeBytes });
    if (fsGroup !== undefined) plan.steps.push({ kind: "group", path, gid: fsGroup });
    return;
  }
  if (volume.configMap) {
    const { configMap } = volume;
    return project("configmap", ({ files }) =>
      addData(files, configMap, false, configMap.defaultMode ?? 0o644, references, fail),
    );
  }
  if (volume.secret) {
    const { secretName, ...source } = volume.secret;
    return project("secret", ({ files }) =>
      addData(files, { ...source, name: secretName }, true, source.defaultMode ?? 0o644, references, fail),
    );
  }
  if (volume.downwardAPI) {
    const { items = [], defaultMode = 0o644 } = volume.downwardAPI;
    return project("downward-api", ({ files }) => addDownward(files, pod, items, defaultMode, references));
  }
  if (volume.projected) {
    const { sources = [], defaultMode: mode = 0o644 } = volume.projected;
    return project("projected", ({ files, tokens }) => {
      for (const source of sources) {
        if (source.configMap) addData(files, source.configMap, false, mode, references, fail);
        if (source.secret) addData(files, source.secret, true, mode, references, fail);
        if (source.downwardAPI) addDownward(files, pod, source.downwardAPI.items ?? [], mode, references);
        const token = source.serviceAccountToken;
        if (token) tokens.push({ mode, ...token, expirationSeconds: token.expirationSeconds ?? 3600 });
      }
    });
  }
  if (volume.persistentVolumeClaim) {
    const { claimName } = volume.persistentVolumeClaim;
    const bound = boundVolume(claimName, references, fail);
    if (bound.spec.hostPath) return host(bound.spec.hostPath.path, bound.spec.hostPath.type ?? "");
    if (bound.spec.local) {
      plan.sources.set(name, bound.spec.local.path);
      plan.steps.push({
        kind: "local",
        path: bound.spec.local.path,
        volume: bound.metadata.name,
      });
      if (fsGroup !== undefined)
        plan.steps.push({ kind: "group", path: bound.spec.local.path, gid: fsGroup });
      return;
    }
  }
  fail("this kind of volume is not supported on this node");
}

function boundVolume(
  claimName: string,
  references: VolumeReferences,
  fail: (message: string) => never,
): PersistentVolume {
  const claim = references.claim(claimName);
  if (!claim) return fail(`persistentvolumeclaim "${claimName}" not found`);
  const volumeName = claim.spec.volumeName;
  if (!volumeName || claim.status?.phase !== "Bound")
    return fail(`PVC ${claim.metadata.namespace}/${claimName} is not bound`);
  return (
    references.persistentVolume(volumeName) ??
    fail(`failed to fetch PV ${volumeName} from API server: not found`)
  );
}
