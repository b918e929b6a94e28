import { quantityToNumber } from "@/lib/cluster/resources/quantity";
import type { ConfigMap, Container, Pod, Secret, Service } from "@/lib/cluster/resources/types";

/** What a pod's environment and volumes refer to, read when its containers start. */
export interface PodReferences {
  configMap(name: string): ConfigMap | undefined;
  secret(name: string): Secret | undefined;
  /** Services of the pod's namespace and `kubernetes` of default, for the docker-link variables. */
  services: Service[];
  podIp: string | undefined;
  nodeIp: string;
  /** What stands for a limit that a container does not have. */
  allocatable: { cpu: string; memory: string; "ephemeral-storage": string };
}

export interface EnvironmentVariable {
  name: string;
  value: string;
}

/** A reference that is not there (yet): the container waits with reason CreateContainerConfigError. */
export class MissingReferenceError extends Error {}

/**
 * The environment of a container in the order of kubernetes 1.34 (pkg/kubelet/kubelet_pods.go
 * makeEnvironmentVariables): services, envFrom, env; a later name wins; $(NAME) refers to earlier ones.
 */
export function environmentOf(
  pod: Pod,
  container: Container,
  references: PodReferences,
): EnvironmentVariable[] {
  const values = new Map<string, string>();
  const fromServices = new Map<string, string>();
  if (pod.spec.enableServiceLinks ?? true)
    for (const service of references.services) addServiceLinks(fromServices, service);
  else
    for (const service of references.services)
      if (service.metadata.name === "kubernetes" && service.metadata.namespace === "default")
        addServiceLinks(fromServices, service);

  for (const source of container.envFrom ?? []) {
    const prefix = source.prefix ?? "";
    for (const [key, value] of Object.entries(dataOfSource(source, references)))
      values.set(prefix + key, value);
  }
  for (const variable of container.env ?? []) {
    const lookUp = (name: string) => values.get(name) ?? fromServices.get(name);
    if (variable.value !== undefined) {
      values.set(variable.name, expand(variable.value, lookUp));
      continue;
    }
    const value = valueFrom(variable.valueFrom, pod, container, references);
    if (value !== undefined) values.set(variable.name, value);
    else if (!variable.valueFrom) values.set(variable.name, "");
  }
  for (const [name, value] of fromServices) if (!values.has(name)) values.set(name, value);
  return [...values].map(([name, value]) => ({ name, value }));
}

/** `$(NAME)` with a known name is replaced, `$$` is `$`, anything else stays (k8s.io/third_party/forked/golang/expansion). */
export function expand(text: string, lookUp: (name: string) => string | undefined): string {
  return text.replace(/\$(\$|\(([^)]*)\))/g, (whole, sign: string, name: string | undefined) =>
    sign === "$" ? "$" : (lookUp(name!) ?? whole),
  );
}

/** A field of the downward API: "metadata.name", "metadata.labels['app']", "status.podIP", "spec.nodeName" ... */
export function fieldOf(pod: Pod, path: string, facts: { podIp?: string; nodeIp: string }): string {
  const keyed = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
  if (keyed) return pod.metadata[keyed[1] as "labels"]?.[keyed[2]!] ?? "";
  switch (path) {
    case "metadata.name":
      return pod.metadata.name;
    case "metadata.namespace":
      return pod.metadata.namespace ?? "";
    case "metadata.uid":
      return pod.metadata.uid ?? "";
    case "metadata.labels":
    case "metadata.annotations":
      return Object.entries(pod.metadata[path.slice(9) as "labels"] ?? {})
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
        .join("\n");
    case "spec.nodeName":
      return pod.spec.nodeName ?? "";
    case "spec.serviceAccountName":
      return pod.spec.serviceAccountName ?? "";
    case "status.hostIP":
    case "status.hostIPs":
      return facts.nodeIp;
    case "status.podIP":
    case "status.podIPs":
      return facts.podIp ?? "";
    default:
      throw new MissingReferenceError(`unsupported fieldPath: ${path}`);
  }
}

function valueFrom(
  source: NonNullable<Container["env"]>[number]["valueFrom"],
  pod: Pod,
  container: Container,
  references: PodReferences,
): string | undefined {
  if (!source) return undefined;
  if (source.fieldRef) return fieldOf(pod, source.fieldRef.fieldPath, references);
  if (source.resourceFieldRef) return resourceOf(pod, container, source.resourceFieldRef, references);
  const reference = source.configMapKeyRef ?? source.secretKeyRef;
  if (!reference) return undefined;
  const isSecret = source.secretKeyRef !== undefined;
  const name = reference.name ?? "";
  const object = isSecret ? references.secret(name) : references.configMap(name);
  const what = isSecret ? "secret" : "configmap";
  if (!object) {
    if (reference.optional) return undefined;
    throw new MissingReferenceError(`${what} "${name}" not found`);
  }
  const value = object.data?.[reference.key];
  if (value === undefined) {
    if (reference.optional) return undefined;
    const label = isSecret ? "Secret" : "ConfigMap";
    throw new MissingReferenceError(
      `couldn't find key ${reference.key} in ${label} ${pod.metadata.namespace}/${name}`,
    );
  }
  return isSecret ? Buffer.from(value, "base64").toString("utf8") : value;
}

/**
 * "limits.cpu" and its like in units of the divisor, rounded up (kubernetes 1.34 pkg/api/v1/resource: ExtractContainerResourceValue);
 * a limit that is not set is what the node has.
 */
export function resourceOf(
  pod: Pod,
  container: Container,
  reference: NonNullable<NonNullable<NonNullable<Container["env"]>[number]["valueFrom"]>["resourceFieldRef"]>,
  { allocatable }: Pick<PodReferences, "allocatable">,
): string {
  const { resource, containerName, divisor } = reference;
  const all = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])];
  const target = containerName ? all.find(({ name }) => name === containerName) : container;
  const [kind, field] = resource.split(".", 2) as ["limits" | "requests", string];
  const fallback = kind === "limits" ? allocatable[field as keyof typeof allocatable] : undefined;
  const value = quantityToNumber(target?.resources?.[kind]?.[field] ?? fallback ?? "0");
  const unit = quantityToNumber(divisor && divisor !== "0" ? divisor : "1");
  return String(Math.ceil(Number((value / unit).toFixed(9))));
}

function dataOfSource(
  source: NonNullable<Container["envFrom"]>[number],
  references: PodReferences,
): Record<string, string> {
  if (source.configMapRef) {
    const name = source.configMapRef.name ?? "";
    const object = references.configMap(name);
    if (object) return object.data ?? {};
    if (source.configMapRef.optional) return {};
    throw new MissingReferenceError(`configmap "${name}" not found`);
  }
  if (source.secretRef) {
    const name = source.secretRef.name ?? "";
    const object = references.secret(name);
    if (!object && !source.secretRef.optional) throw new MissingReferenceError(`secret "${name}" not found`);
    return Object.fromEntries(
      Object.entries(object?.data ?? {}).map(([key, value]) => [
        key,
        Buffer.from(value, "base64").toString("utf8"),
      ]),
    );
  }
  return {};
}

/** NAME_SERVICE_HOST, NAME_SERVICE_PORT, NAME_PORT_80_TCP ... (pkg/kubelet/envvars/envvars.go). */
function addServiceLinks(values: Map<string, string>, service: Service): void {
  const ip = service.spec.clusterIP;
  const ports = service.spec.ports ?? [];
  if (!ip || ip === "None" || ports.length === 0) return;
  const prefix = service.metadata.name.toUpperCase().replace(/-/g, "_");
  values.set(`${prefix}_SERVICE_HOST`, ip);
  values.set(`${prefix}_SERVICE_PORT`, String(ports[0]!.port));
  for (const port of ports)
    if (port.name)
      values.set(`${prefix}_SERVICE_PORT_${port.name.toUpperCase().replace(/-/g, "_")}`, String(port.port));
  ports.forEach((port, index) => {
    const protocol = (port.protocol ?? "TCP").toLowerCase();
    const url = `${protocol}://${ip}:${port.port}`;
    const portPrefix = `${prefix}_PORT_${port.port}_${protocol.toUpperCase()}`;
    if (index === 0) values.set(`${prefix}_PORT`, url);
    values.set(portPrefix, url);
    values.set(`${portPrefix}_PROTO`, protocol);
    values.set(`${portPrefix}_PORT`, String(port.port));
    values.set(`${portPrefix}_ADDR`, ip);
  });
}
