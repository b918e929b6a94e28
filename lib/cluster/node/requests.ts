import type { Container, Pod } from "@/lib/cluster/resources/types";
import { quantityToNumber } from "@/lib/cluster/resources/quantity";
import type { ContainerMount, ContainerRequest, PodSandboxRequest, VolumeStep } from "./container-runtime";
import { expand, MissingReferenceError, type EnvironmentVariable } from "./environment";
import { podDnsOf, type DnsConfig } from "./pod-dns";

export function sandboxRequestOf(
  pod: Pod,
  uid: string,
  cluster: { dnsIp: string; domain: string },
  nodeDns: DnsConfig,
): PodSandboxRequest {
  const hostname = (pod.spec.hostname ?? pod.metadata.name).slice(0, 63).replace(/[-.]+$/, "");
  return {
    podUid: uid,
    name: pod.metadata.name,
    namespace: pod.metadata.namespace ?? "default",
    hostname,
    hostNetwork: pod.spec.hostNetwork ?? false,
    hostPid: pod.spec.hostPID ?? false,
    hostIpc: pod.spec.hostIPC ?? false,
    shareProcessNamespace: pod.spec.shareProcessNamespace ?? false,
    ...fqdnOf(pod, hostname, cluster.domain),
    sysctls: Object.fromEntries(
      (pod.spec.securityContext?.sysctls ?? []).map(({ name, value }) => [name, value]),
    ),
    dns: podDnsOf(pod, cluster, nodeDns),
    hostAliases: (pod.spec.hostAliases ?? []).map(({ ip, hostnames = [] }) => ({ ip, hostnames })),
    portMappings: pod.spec.hostNetwork
      ? []
      : pod.spec.containers.flatMap(({ ports = [] }) =>
          ports.flatMap(({ hostPort, containerPort, hostIP, protocol = "TCP" }) =>
            hostPort
              ? [
                  {
                    hostPort,
                    containerPort,
                    protocol: protocol.toLowerCase() as "tcp" | "udp",
                    ...(hostIP ? { hostIP } : {}),
                  },
                ]
              : [],
          ),
        ),
  };
}

/** A pod with a subdomain is known under it too. */
function fqdnOf(pod: Pod, hostname: string, domain: string): { fqdn?: string } {
  const { subdomain } = pod.spec;
  return subdomain ? { fqdn: `${hostname}.${subdomain}.${pod.metadata.namespace}.svc.${domain}` } : {};
}

/** What to run for a container. Throws MissingReferenceError or VolumeError when the pod refers to what is not there. */
export function containerRequestOf(
  pod: Pod,
  container: Container,
  attempt: number,
  context: {
    uid: string;
    mounts: ContainerMount[];
    volumeSteps: VolumeStep[];
    env: EnvironmentVariable[];
    imageUid: number;
  },
): ContainerRequest {
  const { env, mounts, volumeSteps } = context;
  const values = new Map(env.map(({ name, value }) => [name, value]));
  const expanded = (words: string[] | undefined) =>
    (words ?? []).map((word) => expand(word, (name) => values.get(name)));
  const security = securityOf(pod, container);
  if (security.runAsNonRoot && (security.runAsUser ?? context.imageUid) === 0) {
    const where = `(pod: "${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})", container: ${container.name})`;
    throw new MissingReferenceError(
      security.runAsUser === 0
        ? `container's runAsUser breaks non-root policy ${where}`
        : `container has runAsNonRoot and image will run as root ${where}`,
    );
  }
  const limits = container.resources?.limits ?? {};
  return {
    podUid: context.uid,
    name: container.name,
    attempt,
    image: container.image ?? "",
    command: expanded(container.command),
    args: expanded(container.args),
    env,
    workingDir: container.workingDir ?? "",
    mounts,
    volumeSteps,
    ...(security.runAsUser !== undefined || security.runAsGroup !== undefined
      ? { user: { uid: security.runAsUser, gid: security.runAsGroup } }
      : {}),
    additionalGids: [
      ...new Set([
        ...(pod.spec.securityContext?.supplementalGroups ?? []),
        ...(pod.spec.securityContext?.fsGroup === undefined ? [] : [pod.spec.securityContext.fsGroup]),
      ]),
    ],
    noNewPrivileges: container.securityContext?.allowPrivilegeEscalation === false,
    ...("targetContainerName" in container && container.targetContainerName
      ? { processesOf: container.targetContainerName as string }
      : {}),
    terminationMessagePath: container.terminationMessagePath ?? "/dev/termination-log",
    isLogTerminationMessage: container.terminationMessagePolicy === "FallbackToLogsOnError",
    privileged: container.securityContext?.privileged ?? false,
    capabilities: {
      add: container.securityContext?.capabilities?.add ?? [],
      drop: container.securityContext?.capabilities?.drop ?? [],
    },
    readOnlyRootFilesystem: container.securityContext?.readOnlyRootFilesystem ?? false,
    tty: container.tty ?? false,
    stdin: container.stdin ?? false,
    stdinOnce: container.stdinOnce ?? false,
    ...(limits.memory !== undefined ? { memoryBytes: Math.ceil(quantityToNumber(limits.memory)) } : {}),
    ...(limits.cpu !== undefined ? { cpuMillis: Math.ceil(quantityToNumber(limits.cpu) * 1000) } : {}),
  };
}

/** The container's own settings go before the pod's. */
function securityOf(pod: Pod, container: Container) {
  const shared = pod.spec.securityContext ?? {};
  const own = container.securityContext ?? {};
  return {
    runAsUser: own.runAsUser ?? shared.runAsUser,
    runAsGroup: own.runAsGroup ?? shared.runAsGroup,
    runAsNonRoot: own.runAsNonRoot ?? shared.runAsNonRoot ?? false,
  };
}
