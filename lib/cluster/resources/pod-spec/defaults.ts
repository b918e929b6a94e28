import { canonicalQuantity } from "../quantity";
import type { Container, PodSpec, PodTemplateSpec, Probe, ResourceList, Volume } from "../types";

/** Sets `key` unless the author did; the returned value is the one that stands. */
export function orDefault<T extends object, K extends keyof T>(target: T, key: K, value: T[K]): void {
  if (target[key] === undefined || target[key] === null) target[key] = value;
}

/** Quantities are stored in canonical form, whatever the author wrote. */
export function canonicalResources(list: ResourceList | undefined): void {
  for (const [name, value] of Object.entries(list ?? {})) list![name] = canonicalQuantity(value);
}

/** What upstream's pkg/apis/core/v1/defaults.go sets in every pod and pod template. */
export function defaultPodSpec(spec: PodSpec): void {
  orDefault(spec, "dnsPolicy", "ClusterFirst");
  orDefault(spec, "restartPolicy", "Always");
  orDefault(spec, "terminationGracePeriodSeconds", 30);
  orDefault(spec, "securityContext", {});
  orDefault(spec, "schedulerName", "default-scheduler");
  if (spec.serviceAccountName && !spec.serviceAccount) spec.serviceAccount = spec.serviceAccountName;
  else if (spec.serviceAccount && !spec.serviceAccountName) spec.serviceAccountName = spec.serviceAccount;
  for (const volume of spec.volumes ?? []) defaultVolume(volume);
  for (const container of allContainers(spec)) defaultContainer(container, spec);
  for (const constraint of spec.topologySpreadConstraints ?? []) {
    if (constraint.whenUnsatisfiable === undefined) constraint.whenUnsatisfiable = "DoNotSchedule";
  }
  canonicalResources(spec.overhead);
}

export function defaultPodTemplate(template: PodTemplateSpec | undefined): void {
  if (template?.spec) defaultPodSpec(template.spec);
}

export function allContainers(spec: PodSpec): Container[] {
  return [...(spec.initContainers ?? []), ...(spec.containers ?? []), ...(spec.ephemeralContainers ?? [])];
}

function defaultContainer(container: Container, spec: PodSpec): void {
  orDefault(container, "terminationMessagePath", "/dev/termination-log");
  orDefault(container, "terminationMessagePolicy", "File");
  orDefault(container, "imagePullPolicy", pullPolicy(container.image ?? ""));
  orDefault(container, "resources", {});
  canonicalResources(container.resources?.limits);
  canonicalResources(container.resources?.requests);
  for (const port of container.ports ?? []) {
    orDefault(port, "protocol", "TCP");
    if (spec.hostNetwork && !port.hostPort) port.hostPort = port.containerPort;
  }
  for (const { valueFrom } of container.env ?? []) {
    if (valueFrom?.fieldRef) orDefault(valueFrom.fieldRef, "apiVersion", "v1");
    if (valueFrom?.resourceFieldRef) orDefault(valueFrom.resourceFieldRef, "divisor", "0");
  }
  for (const probe of [container.livenessProbe, container.readinessProbe, container.startupProbe]) {
    if (probe) defaultProbe(probe);
  }
  for (const handler of [container.lifecycle?.postStart, container.lifecycle?.preStop]) {
    if (handler?.httpGet) defaultHttpGet(handler.httpGet);
  }
  for (const mount of container.volumeMounts ?? []) {
    if (mount.recursiveReadOnly === undefined && mount.readOnly === undefined) continue;
    if (mount.readOnly === false) delete mount.readOnly;
  }
}

function pullPolicy(image: string): string {
  const last = image.slice(image.lastIndexOf("/") + 1);
  if (last.includes("@")) return "IfNotPresent";
  const tag = last.includes(":") ? last.slice(last.indexOf(":") + 1) : "latest";
  return tag === "latest" ? "Always" : "IfNotPresent";
}

function defaultProbe(probe: Probe): void {
  if (!probe.timeoutSeconds) probe.timeoutSeconds = 1;
  if (!probe.periodSeconds) probe.periodSeconds = 10;
  if (!probe.successThreshold) probe.successThreshold = 1;
  if (!probe.failureThreshold) probe.failureThreshold = 3;
  if (probe.httpGet) defaultHttpGet(probe.httpGet);
  if (probe.grpc) orDefault(probe.grpc, "service", "");
}

function defaultHttpGet(action: NonNullable<Probe["httpGet"]>): void {
  if (!action.path) action.path = "/";
  if (!action.scheme) action.scheme = "HTTP";
}

function defaultVolume(volume: Volume): void {
  if (Object.keys(volume).every((key) => key === "name")) volume.emptyDir = {};
  if (volume.emptyDir?.sizeLimit !== undefined) {
    volume.emptyDir.sizeLimit = canonicalQuantity(volume.emptyDir.sizeLimit);
  }
  for (const source of [volume.secret, volume.configMap, volume.downwardAPI, volume.projected]) {
    if (source) orDefault(source as { defaultMode?: number }, "defaultMode", 0o644);
  }
  if (volume.hostPath) orDefault(volume.hostPath, "type", "");
  const items = [
    ...(volume.downwardAPI?.items ?? []),
    ...(volume.projected?.sources ?? []).flatMap((source) => source.downwardAPI?.items ?? []),
  ];
  for (const item of items) {
    if (item.fieldRef) orDefault(item.fieldRef, "apiVersion", "v1");
    if (item.resourceFieldRef) orDefault(item.resourceFieldRef, "divisor", "0");
  }
  for (const { serviceAccountToken } of volume.projected?.sources ?? []) {
    if (serviceAccountToken) orDefault(serviceAccountToken, "expirationSeconds", 3600);
  }
  const claim = volume.ephemeral?.volumeClaimTemplate?.spec;
  if (claim) {
    orDefault(claim, "volumeMode", "Filesystem");
    canonicalResources(claim.resources?.requests);
  }
}
