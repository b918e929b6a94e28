import type { PersistentVolumeClaimSpec, PodSpec } from "../types";

/**
 * The structs that upstream's message is made of (kubernetes 1.34 pkg/apis/core/types.go), fields in their order: a name
 * alone is null when absent; `:s`, `:b` and `:i` have the zero values of strings, booleans and numbers; `>X` is a struct X
 * or a list of them; `>>X` is a struct that is always there; `:m` is a map; `*X` are the fields of X in this place.
 */
const structs: Record<string, string> = {
  PodSpec:
    "Volumes>Volume InitContainers>Container Containers>Container EphemeralContainers>EphemeralContainer RestartPolicy:s TerminationGracePeriodSeconds ActiveDeadlineSeconds DNSPolicy:s NodeSelector:m ServiceAccountName:s AutomountServiceAccountToken NodeName:s SecurityContext>PodSecurityContext ImagePullSecrets Hostname:s Subdomain:s SetHostnameAsFQDN Affinity SchedulerName:s Tolerations>Toleration HostAliases PriorityClassName:s Priority PreemptionPolicy DNSConfig ReadinessGates RuntimeClassName Overhead:m EnableServiceLinks TopologySpreadConstraints OS SchedulingGates ResourceClaims Resources HostnameOverride",
  Container:
    "Name:s Image:s Command Args WorkingDir:s Ports>ContainerPort EnvFrom Env>EnvVar Resources>>ResourceRequirements ResizePolicy RestartPolicy RestartPolicyRules VolumeMounts>VolumeMount VolumeDevices LivenessProbe>Probe ReadinessProbe>Probe StartupProbe>Probe Lifecycle TerminationMessagePath:s TerminationMessagePolicy:s ImagePullPolicy:s SecurityContext>SecurityContext Stdin:b StdinOnce:b TTY:b",
  EphemeralContainer: "*Container TargetContainerName:s",
  Probe:
    "Exec HTTPGet TCPSocket GRPC InitialDelaySeconds:i TimeoutSeconds:i PeriodSeconds:i SuccessThreshold:i FailureThreshold:i TerminationGracePeriodSeconds",
  ContainerPort: "Name:s HostPort:i ContainerPort:i Protocol:s HostIP:s",
  VolumeMount: "Name:s ReadOnly:b RecursiveReadOnly MountPath:s SubPath:s MountPropagation SubPathExpr:s",
  EnvVar: "Name:s Value:s ValueFrom",
  ResourceRequirements: "Limits:m Requests:m Claims",
  SecurityContext:
    "Capabilities Privileged SELinuxOptions WindowsOptions RunAsUser RunAsGroup RunAsNonRoot ReadOnlyRootFilesystem AllowPrivilegeEscalation ProcMount SeccompProfile AppArmorProfile",
  PodSecurityContext:
    "HostNetwork:b HostPID:b HostIPC:b ShareProcessNamespace HostUsers SELinuxOptions WindowsOptions RunAsUser RunAsGroup RunAsNonRoot SupplementalGroups SupplementalGroupsPolicy FSGroup FSGroupChangePolicy Sysctls SeccompProfile AppArmorProfile SELinuxChangePolicy",
  Toleration: "Key:s Operator:s Value:s Effect:s TolerationSeconds",
  PersistentVolumeClaimSpec:
    "AccessModes Selector Resources>>VolumeResourceRequirements VolumeName:s StorageClassName VolumeMode DataSource DataSourceRef VolumeAttributesClassName",
  VolumeResourceRequirements: "Limits:m Requests:m",
  Volume:
    "Name:s HostPath EmptyDir GCEPersistentDisk AWSElasticBlockStore GitRepo Secret NFS ISCSI Glusterfs PersistentVolumeClaim RBD Quobyte FlexVolume Cinder CephFS Flocker DownwardAPI FC AzureFile ConfigMap VsphereVolume AzureDisk PhotonPersistentDisk Projected PortworxVolume ScaleIO StorageOS CSI Ephemeral Image",
};

type Fields = Record<string, unknown>;

const zeros: Record<string, unknown> = { s: "", b: false, i: 0, m: null };

/** Fields of a pod's spec that upstream keeps in its security context. */
const hostFields = ["hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace", "hostUsers"];

/** How two specs differ, as upstream tells it: a unified diff of its own structs as indented JSON. */
export function podSpecDiff(old: PodSpec, now: PodSpec): string {
  return unifiedDiff(linesOf(old), linesOf(now));
}

/** The same of a claim. */
export function claimSpecDiff(old: PersistentVolumeClaimSpec, now: PersistentVolumeClaimSpec): string {
  const lines = (spec: PersistentVolumeClaimSpec) =>
    JSON.stringify(struct("PersistentVolumeClaimSpec", { ...spec }), null, 1).split("\n");
  return unifiedDiff(lines(old), lines(now));
}

function linesOf(spec: PodSpec): string[] {
  const fields = { ...spec } as Fields;
  const securityContext = { ...(fields.securityContext as Fields | undefined) };
  for (const name of hostFields) if (fields[name] !== undefined) securityContext[name] = fields[name];
  return JSON.stringify(struct("PodSpec", { ...fields, securityContext }), null, 1).split("\n");
}

function struct(type: string, value: Fields): Fields {
  const result: Fields = {};
  for (const field of structs[type]!.split(" ")) {
    if (field.startsWith("*")) {
      Object.assign(result, struct(field.slice(1), value));
      continue;
    }
    const [, name = "", mark = "", of = ""] = /^(\w+?)(:|>>|>|$)(\w*)$/.exec(field) ?? [];
    const given = value[jsonName(name)];
    if (mark === ":") result[name] = given ?? zeros[of];
    else if (mark === ">>") result[name] = struct(of, (given ?? {}) as Fields);
    else if (mark === ">" && Array.isArray(given))
      result[name] = given.map((item) => struct(of, item as Fields));
    else if (mark === ">" && given) result[name] = struct(of, given as Fields);
    else result[name] = plain(given);
  }
  return result;
}

/** Structs that are not listed: what they hold, under Go's names. Maps keep their keys. */
function plain(value: unknown): unknown {
  if (value === undefined || value === null) return null;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object") return value;
  const entries = Object.entries(value);
  const isMap = entries.some(([key]) => !/^[a-z][A-Za-z]*$/.test(key));
  return Object.fromEntries(
    entries.map(([key, member]) =>
      isMap
        ? [key, plain(member)]
        : [key[0]!.toUpperCase() + key.slice(1), maps.has(key) ? member : plain(member)],
    ),
  );
}

const maps = new Set(["matchLabels", "labels", "annotations", "limits", "requests"]);

/** DNSPolicy -> dnsPolicy, TTY -> tty. */
function jsonName(name: string): string {
  if (name === "CephFS" || name === "StorageOS") return name.toLowerCase();
  const capitals = /^[A-Z]+/.exec(name)![0];
  const length =
    capitals.length === name.length || capitals.length === 1 ? capitals.length : capitals.length - 1;
  return name.slice(0, length).toLowerCase() + name.slice(length);
}

const contextLines = 3;
/** Above it the middle parts are told as wholly replaced. */
const cellsMax = 1_000_000;

/** As `diff -u` without its header. */
export function unifiedDiff(old: string[], now: string[]): string {
  const edits = editsOf(old, now);
  let text = "";
  let at = 0;
  while ((at = edits.findIndex(({ sign }, index) => index >= at && sign !== " ")) >= 0) {
    const start = Math.max(0, at - contextLines);
    let end = at;
    for (let gap = 0, index = at; index < edits.length && gap <= 2 * contextLines; index++) {
      if (edits[index]!.sign === " ") gap++;
      else {
        gap = 0;
        end = index;
      }
    }
    const hunk = edits.slice(start, Math.min(edits.length, end + 1 + contextLines));
    const before = edits.slice(0, start);
    const count = (list: typeof edits, sign: string) => list.filter((edit) => edit.sign !== sign).length;
    const range = (skipped: number, length: number) =>
      length === 1 ? `${skipped + 1}` : `${length === 0 ? skipped : skipped + 1},${length}`;
    text += `@@ -${range(count(before, "+"), count(hunk, "+"))} +${range(count(before, "-"), count(hunk, "-"))} @@\n`;
    text += hunk.map(({ sign, line }) => `${sign}${line}\n`).join("");
    at = end + 1 + contextLines;
  }
  return text;
}

interface Edit {
  sign: " " | "-" | "+";
  line: string;
}

function editsOf(old: string[], now: string[]): Edit[] {
  let head = 0;
  while (head < old.length && head < now.length && old[head] === now[head]) head++;
  let tail = 0;
  while (tail < old.length - head && tail < now.length - head && old.at(-1 - tail) === now.at(-1 - tail))
    tail++;
  const same = (lines: string[]): Edit[] => lines.map((line) => ({ sign: " ", line }));
  return [
    ...same(old.slice(0, head)),
    ...middleEdits(old.slice(head, old.length - tail), now.slice(head, now.length - tail)),
    ...same(old.slice(old.length - tail)),
  ];
}

/** By the longest common subsequence. */
function middleEdits(old: string[], now: string[]): Edit[] {
  const width = now.length + 1;
  if (old.length * now.length > cellsMax)
    return [
      ...old.map((line): Edit => ({ sign: "-", line })),
      ...now.map((line): Edit => ({ sign: "+", line })),
    ];
  const lengths = new Uint32Array((old.length + 1) * width);
  for (let i = old.length - 1; i >= 0; i--)
    for (let j = now.length - 1; j >= 0; j--)
      lengths[i * width + j] =
        old[i] === now[j]
          ? lengths[(i + 1) * width + j + 1]! + 1
          : Math.max(lengths[(i + 1) * width + j]!, lengths[i * width + j + 1]!);
  const edits: Edit[] = [];
  let [i, j] = [0, 0];
  while (i < old.length || j < now.length) {
    if (i < old.length && j < now.length && old[i] === now[j]) {
      edits.push({ sign: " ", line: old[i]! });
      i++;
      j++;
    } else if (
      j === now.length ||
      (i < old.length && lengths[(i + 1) * width + j]! >= lengths[i * width + j + 1]!)
    )
      edits.push({ sign: "-", line: old[i++]! });
    else edits.push({ sign: "+", line: now[j++]! });
  }
  return edits;
}
