import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { refs } from "@/lib/cluster/client/refs";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { Pod } from "@/lib/cluster/resources/types";
import { startTestCluster, type TestCluster } from "../../testing";
import { detailText, violations } from "./evaluate";
import { policyOf } from "./policy";

const podOf = (spec: object, container: object = {}): Pod =>
  ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", namespace: "shop" },
    spec: { containers: [{ name: "c", image: "nginx", ...container }], ...spec },
  }) as unknown as Pod;
const hardened = {
  securityContext: {
    allowPrivilegeEscalation: false,
    runAsNonRoot: true,
    capabilities: { drop: ["ALL"] },
    seccompProfile: { type: "RuntimeDefault" },
  },
};

describe("what a pod breaks", () => {
  const latest = (level: "baseline" | "restricted", pod: Pod, minor = Infinity) =>
    detailText(violations({ level, minor }, pod));

  test.each([
    [{ hostNetwork: true, hostPID: true }, {}, "host namespaces (hostNetwork=true, hostPID=true)"],
    [{ volumes: [{ name: "v", hostPath: { path: "/" } }] }, {}, 'hostPath volumes (volume "v")'],
    [{}, { ports: [{ containerPort: 80, hostPort: 80 }] }, 'hostPort (container "c" uses hostPort 80)'],
    [
      {},
      { securityContext: { privileged: true } },
      'privileged (container "c" must not set securityContext.privileged=true)',
    ],
    [
      {},
      { securityContext: { capabilities: { add: ["NET_ADMIN", "CHOWN"] } } },
      'non-default capabilities (container "c" must not include "NET_ADMIN" in securityContext.capabilities.add)',
    ],
    [
      {},
      { securityContext: { procMount: "Unmasked" } },
      'procMount (container "c" must not set securityContext.procMount to "Unmasked")',
    ],
    [
      { securityContext: { seccompProfile: { type: "Unconfined" } } },
      {},
      'seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined")',
    ],
    [
      { securityContext: { seLinuxOptions: { type: "bad_t", user: "u" } } },
      {},
      'seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type "bad_t"; user may not be set)',
    ],
    [
      { securityContext: { sysctls: [{ name: "kernel.msgmax", value: "1" }] } },
      {},
      "forbidden sysctls (kernel.msgmax)",
    ],
    [
      { securityContext: { appArmorProfile: { type: "Unconfined" } } },
      {},
      'forbidden AppArmor profile (pod must not set AppArmor profile type to "Unconfined")',
    ],
    [
      {},
      { livenessProbe: { httpGet: { host: "10.0.0.1", port: 80 } } },
      'probe or lifecycle host (container "c" uses probe or lifecycle host "10.0.0.1")',
    ],
    [{}, {}, ""],
  ])("of the baseline %#", (spec, container, expected) => {
    expect(latest("baseline", podOf(spec, container))).toBe(expected);
  });

  test("of the restricted level, all of it in one sentence", () => {
    expect(latest("restricted", podOf({}))).toBe(
      'allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false), ' +
        'unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"]), ' +
        'runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true), ' +
        'seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
    );
    expect(latest("restricted", podOf({}, hardened))).toBe("");
    expect(latest("restricted", podOf({ volumes: [{ name: "v", hostPath: { path: "/" } }] }, hardened))).toBe(
      'restricted volume types (volume "v" uses restricted volume type "hostPath")',
    );
  });

  test("depends on the version of the rules", () => {
    const probed = podOf({}, { livenessProbe: { tcpSocket: { host: "10.0.0.1", port: 80 } } });
    expect(latest("baseline", probed, 33)).toBe("");
    expect(latest("baseline", probed, 34)).not.toBe("");
    expect(latest("restricted", podOf({ os: { name: "windows" } }), 25)).toBe(
      'runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true)',
    );
  });
});

test("labels that cannot be read mean the strictest enforcement", () => {
  const { policy, errors } = policyOf({
    "pod-security.kubernetes.io/enforce": "strict",
    "pod-security.kubernetes.io/warn-version": "1.2",
  });
  expect(policy.enforce.level).toBe("restricted");
  expect(errors.map(({ message }) => message)).toEqual([
    'Invalid value: "strict": must be one of privileged, baseline, restricted',
    'Invalid value: "1.2": must be "latest" or "v1.x"',
  ]);
});

describe("a namespace with pod security labels", () => {
  let t: TestCluster;
  beforeAll(async () => {
    t = await startTestCluster();
    await t.admin.create(refs.namespaces, {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "shop" },
    } as KubeObject);
    await t.admin.create(refs.serviceAccounts, {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name: "default", namespace: "shop" },
    } as KubeObject);
    await t.admin.create(refs.pods, podOf({ hostNetwork: true }));
  });
  afterAll(() => t?.close());
  const label = (labels: string) => t.kubectl(["label", "--overwrite", "ns", "shop", labels]);

  test("tells of pods that are there already, refuses new ones and warns of what makes them", async () => {
    const labelled = await label("pod-security.kubernetes.io/enforce=baseline");
    expect(labelled.stderr).toBe(
      'Warning: existing pods in namespace "shop" violate the new PodSecurity enforce level "baseline:latest"\n' +
        "Warning: p: host namespaces\n",
    );
    const manifest = { ...podOf({ hostNetwork: true }), metadata: { name: "q", namespace: "shop" } };
    const refused = await t.kubectl(["apply", "-f", "-"], { stdin: JSON.stringify(manifest) });
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain(
      'Error from server (Forbidden): error when creating "STDIN": pods "q" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true)',
    );
    const deployment = await t.kubectl(["apply", "-f", "-"], {
      stdin: JSON.stringify({
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "d", namespace: "shop" },
        spec: {
          selector: { matchLabels: { a: "b" } },
          template: { metadata: { labels: { a: "b" } }, spec: manifest.spec },
        },
      }),
    });
    expect(deployment.stdout).toBe("deployment.apps/d created\n");
    expect(deployment.stderr).toBe(
      'Warning: would violate PodSecurity "baseline:latest": host namespaces (hostNetwork=true)\n',
    );
  });

  test("cannot be given a level that does not exist", async () => {
    const { stderr } = await label("pod-security.kubernetes.io/audit=none");
    expect(stderr).toBe(
      'The Namespace "shop" is invalid: metadata.labels[pod-security.kubernetes.io/audit]: Invalid value: "none": must be one of privileged, baseline, restricted\n',
    );
  });
});
