import { expect, test } from "vitest";
import type { Container, PodSpec } from "../types";
import { validatePodSpec } from "./validate";

const base: PodSpec = {
  restartPolicy: "Always",
  dnsPolicy: "ClusterFirst",
  containers: [],
  volumes: [
    { name: "disk", persistentVolumeClaim: { claimName: "disk" } },
    { name: "scratch", ephemeral: { volumeClaimTemplate: { spec: {} } } },
    { name: "dir", emptyDir: {} },
  ],
};
const web: Container = {
  name: "web",
  image: "nginx",
  imagePullPolicy: "Always",
  terminationMessagePolicy: "File",
};

const complaints = (container: Partial<Container>, pod: Partial<PodSpec> = {}) =>
  validatePodSpec({ ...base, containers: [{ ...web, ...container }], ...pod }, "spec").map(
    ({ field, message }) => `${field}: ${message}`,
  );

const devices = (...volumeDevices: [name: string, devicePath: string][]) => ({
  volumeDevices: volumeDevices.map(([name, devicePath]) => ({ name, devicePath })),
});
const device = "spec.containers[0].volumeDevices";

test.each([
  ["a claim and an ephemeral volume", devices(["disk", "/dev/a"], ["scratch", "/dev/b"]), []],
  [
    "nothing said",
    devices(["", ""]),
    [
      `${device}[0].name: Required value`,
      `${device}[0].name: Not found: ""`,
      `${device}[0].devicePath: Required value`,
    ],
  ],
  ["a volume that there is not", devices(["x", "/dev/a"]), [`${device}[0].name: Not found: "x"`]],
  [
    "a volume without blocks",
    devices(["dir", "/dev/a"]),
    [
      `${device}[0].name: Invalid value: "dir": can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode`,
    ],
  ],
  [
    "the same twice",
    devices(["disk", "/dev/a"], ["disk", "/dev/a"]),
    [
      `${device}[1].name: Invalid value: "disk": must be unique`,
      `${device}[1].devicePath: Invalid value: "/dev/a": must be unique`,
    ],
  ],
  [
    "a path that goes up",
    devices(["disk", "/dev/../etc"]),
    [`${device}[0].devicePath: Invalid value: "/dev/../etc": can not contain backsteps ('..')`],
  ],
  [
    "what is mounted, too",
    { ...devices(["disk", "/data"]), volumeMounts: [{ name: "disk", mountPath: "/data" }] },
    [
      'spec.containers[0].volumeMounts[0].name: Invalid value: "disk": must not already exist in volumeDevices',
      'spec.containers[0].volumeMounts[0].mountPath: Invalid value: "/data": must not already exist as a path in volumeDevices',
      `${device}[0].name: Invalid value: "disk": must not already exist in volumeMounts`,
      `${device}[0].devicePath: Invalid value: "/data": must not already exist as a path in volumeMounts`,
    ],
  ],
])("volume devices: %s", (_name, container, expected) => {
  expect(complaints(container)).toEqual(expected);
});

const sysctl = "spec.securityContext.sysctls";
const nameRule =
  "must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$";

test.each<[string, string[], Partial<PodSpec>, string[]]>([
  ["dots and slashes", ["net.core.somaxconn", "net/ipv4/conf/eth0.1/mtu", "kernel.sem"], {}, []],
  ["no name", [""], {}, [`${sysctl}[0].name: Required value`]],
  ["a capital", ["Net.x"], {}, [`${sysctl}[0].name: Invalid value: "Net.x": ${nameRule}`]],
  ["an empty part", ["net..x"], {}, [`${sysctl}[0].name: Invalid value: "net..x": ${nameRule}`]],
  [
    "a name too long",
    [`net.${"a".repeat(250)}`],
    {},
    [`${sysctl}[0].name: Invalid value: "net.${"a".repeat(250)}": ${nameRule}`],
  ],
  [
    "the same twice",
    ["net.core.somaxconn", "net.core.somaxconn"],
    {},
    [`${sysctl}[1].name: Duplicate value: "net.core.somaxconn"`],
  ],
  [
    "the host's network",
    ["net/core/somaxconn", "kernel.msgmax"],
    { hostNetwork: true },
    [
      `${sysctl}[0].name: Invalid value: "net/core/somaxconn": may not be specified when 'hostNetwork' is true`,
    ],
  ],
  [
    "the host's messages",
    ["net.core.somaxconn", "kernel.msgmax", "kernel.sem"],
    { hostIPC: true },
    [
      `${sysctl}[1].name: Invalid value: "kernel.msgmax": may not be specified when 'hostIPC' is true`,
      `${sysctl}[2].name: Invalid value: "kernel.sem": may not be specified when 'hostIPC' is true`,
    ],
  ],
])("sysctls: %s", (_name, names, pod, expected) => {
  const sysctls = names.map((name) => ({ name, value: "1" }));
  expect(complaints({}, { ...pod, securityContext: { sysctls } })).toEqual(expected);
});

const windows = "spec.containers[0].securityContext.windowsOptions";

test.each([
  [{ runAsUserName: "CORP\\Jane Doe" }, []],
  [{ runAsUserName: "ad.example.com\\jane" }, []],
  [
    { gmsaCredentialSpecName: "Not_A_Name" },
    [/gmsaCredentialSpecName: Invalid value: "Not_A_Name": a lowercase/],
  ],
  [{ gmsaCredentialSpec: "" }, ["gmsaCredentialSpec cannot be an empty string"]],
  [{ gmsaCredentialSpec: "x".repeat(65_537) }, ["gmsaCredentialSpec size must be under 64 KiB"]],
  [{ runAsUserName: "" }, ["runAsUserName cannot be an empty string"]],
  [{ runAsUserName: "a\tb" }, ["runAsUserName cannot contain control characters"]],
  [{ runAsUserName: "a\\b\\c" }, ["runAsUserName cannot contain more than one backslash"]],
  [{ runAsUserName: ".corp\\jane" }, ["runAsUserName's Domain doesn't match the NetBios nor the DNS format"]],
  [
    { runAsUserName: `${"a".repeat(300)}\\jane` },
    [
      "runAsUserName's Domain length must be under 256 characters",
      "runAsUserName's Domain doesn't match the NetBios nor the DNS format",
    ],
  ],
  [{ runAsUserName: "CORP\\" }, ["runAsUserName's User cannot be empty"]],
  [
    { runAsUserName: "a".repeat(105) },
    ["runAsUserName's User length must not be longer than 104 characters"],
  ],
  [{ runAsUserName: ". ." }, ["runAsUserName's User cannot contain only periods or spaces"]],
  [
    { runAsUserName: "jane@corp" },
    [`runAsUserName's User cannot contain the following characters: "/\\:;|=,+*?<>@[]`],
  ],
])("Windows options %j", (windowsOptions, expected) => {
  const ofContainer = complaints({ securityContext: { windowsOptions } });
  expect(ofContainer).toHaveLength(expected.length);
  for (const [at, part] of expected.entries()) {
    expect(ofContainer[at]).toContain(windows);
    expect(ofContainer[at]).toMatch(part);
  }
  const ofPod = complaints({}, { securityContext: { windowsOptions } });
  expect(ofPod).toEqual(ofContainer.map((one) => one.replace("containers[0].", "")));
});

const hostProcess = (value: boolean) => ({ windowsOptions: { hostProcess: value } });

test("host processes: all containers or none, on the host's network", () => {
  const sidecar = { ...web, name: "sidecar", securityContext: hostProcess(false) };
  const pod = { securityContext: hostProcess(true), containers: [web, sidecar] };
  expect(complaints({}, pod)).toEqual([
    "spec.containers[1].securityContext.windowsOptions.hostProcess: Invalid value: false: pod hostProcess value must be identical if both are specified, was true",
    'spec: Invalid value: "": If pod contains any hostProcess containers then all containers must be HostProcess containers',
    "spec.hostNetwork: Invalid value: false: hostNetwork must be true if pod contains any hostProcess containers",
  ]);
  expect(complaints({ securityContext: hostProcess(true) }, { hostNetwork: true })).toEqual([]);
});

test.each<[string, string, Partial<Container>, Partial<PodSpec>, string[]]>([
  ["is named", "", {}, {}, ["spec.os.name: Required value: cannot be empty"]],
  [
    "is Linux or Windows",
    "plan9",
    {},
    {},
    ['spec.os: Unsupported value: "plan9": supported values: "linux", "windows"'],
  ],
  ["goes with what is set", "linux", { securityContext: { privileged: true } }, { hostPID: true }, []],
  [
    "is not Linux where there are options of Windows",
    "linux",
    { securityContext: { windowsOptions: {} } },
    { securityContext: { windowsOptions: {} } },
    [
      "spec.securityContext.windowsOptions: Forbidden: windows options cannot be set for a linux pod",
      `${windows}: Forbidden: windows options cannot be set for a linux pod`,
    ],
  ],
  [
    "is not Windows where there are options of Linux",
    "windows",
    { securityContext: { runAsUser: 0, privileged: false } },
    { hostPID: true, hostIPC: false, securityContext: { fsGroup: 5, supplementalGroups: [] } },
    [
      "spec.securityContext.fsGroup: Forbidden: cannot be set for a windows pod",
      "spec.hostPID: Forbidden: cannot be set for a windows pod",
      "spec.containers[0].securityContext.privileged: Forbidden: cannot be set for a windows pod",
      "spec.containers[0].securityContext.runAsUser: Forbidden: cannot be set for a windows pod",
    ],
  ],
])("the system of a pod %s", (_what, name, container, pod, expected) => {
  expect(complaints(container, { ...pod, os: { name } })).toEqual(expected);
});
