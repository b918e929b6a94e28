import type { Container } from "@/lib/cluster/resources/types";
import { badSeccomp, capabilitiesOf, isGoodSeccomp, seccompType } from "./baseline";
import {
  badSetters,
  containersOf,
  contextOf,
  isWindows,
  named,
  plural,
  quoted,
  sorted,
  type Check,
} from "./check";

const allowPrivilegeEscalation: Check = (pod) => {
  const bad = containersOf(pod).filter((one) => contextOf(one).allowPrivilegeEscalation !== false);
  return bad.length === 0
    ? undefined
    : {
        reason: "allowPrivilegeEscalation != false",
        detail: `${named(bad)} must set securityContext.allowPrivilegeEscalation=false`,
      };
};

const capabilities: Check = (pod) => {
  const containers = containersOf(pod);
  const forbidden = (one: Container) =>
    (capabilitiesOf(one)?.add ?? []).filter((name) => name !== "NET_BIND_SERVICE");
  const keeping = containers.filter((one) => !capabilitiesOf(one)?.drop?.includes("ALL"));
  const adding = containers.filter((one) => forbidden(one).length > 0);
  const details = [
    ...(keeping.length > 0 ? [`${named(keeping)} must set securityContext.capabilities.drop=["ALL"]`] : []),
    ...(adding.length > 0
      ? [
          `${named(adding)} must not include ${quoted(sorted(adding.flatMap(forbidden)))} in securityContext.capabilities.add`,
        ]
      : []),
  ];
  return details.length === 0
    ? undefined
    : { reason: "unrestricted capabilities", detail: details.join("; ") };
};

const goodVolumes = [
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "image",
  "persistentVolumeClaim",
  "projected",
  "secret",
];

const volumes: Check = ({ spec }) => {
  const sourceOf = (volume: object) => Object.keys(volume).filter((key) => key !== "name");
  const bad = (spec.volumes ?? []).filter(
    (volume) => !sourceOf(volume).some((source) => goodVolumes.includes(source)),
  );
  if (bad.length === 0) return undefined;
  const types = sorted(bad.map((volume) => sourceOf(volume)[0] ?? "unknown"));
  return {
    reason: "restricted volume types",
    detail: `${plural("volume", "volumes", bad.length)} ${quoted(bad.map(({ name }) => name))} ${plural("uses", "use", bad.length)} ${plural("restricted volume type", "restricted volume types", types.length)} ${quoted(types)}`,
  };
};

const runAsNonRoot: Check = (pod) => {
  const reason = "runAsNonRoot != true";
  const setters = badSetters(pod, (context) => context.runAsNonRoot === false);
  if (setters) return { reason, detail: `${setters} must not set securityContext.runAsNonRoot=false` };
  if (contextOf(pod.spec).runAsNonRoot === true) return undefined;
  const bad = containersOf(pod).filter((one) => contextOf(one).runAsNonRoot === undefined);
  return bad.length === 0
    ? undefined
    : { reason, detail: `pod or ${named(bad)} must set securityContext.runAsNonRoot=true` };
};

const runAsUser: Check = (pod) => {
  const setters = badSetters(pod, (context) => context.runAsUser === 0);
  return setters ? { reason: "runAsUser=0", detail: `${setters} must not set runAsUser=0` } : undefined;
};

const seccomp: Check = (pod, minor) => {
  const explicit = badSeccomp(pod, minor);
  const own = seccompType(contextOf(pod.spec));
  if (explicit || (own !== undefined && isGoodSeccomp(own))) return explicit;
  const bad = containersOf(pod).filter((one) => seccompType(contextOf(one)) === undefined);
  return bad.length === 0
    ? undefined
    : {
        reason: "seccompProfile",
        detail: `pod or ${named(bad)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`,
      };
};

/** From 1.25 on, pods for Windows are not asked for what only Linux has. */
const onLinux =
  (check: Check): Check =>
  (pod, minor) =>
    minor >= 25 && isWindows(pod) ? undefined : check(pod, minor);

/** What the restricted level adds to the baseline, in upstream's order. */
export const restrictedChecks: { check: Check; since: number }[] = [
  { check: onLinux(allowPrivilegeEscalation), since: 8 },
  { check: onLinux(capabilities), since: 22 },
  { check: volumes, since: 0 },
  { check: runAsNonRoot, since: 0 },
  { check: runAsUser, since: 23 },
  { check: onLinux(seccomp), since: 19 },
];
