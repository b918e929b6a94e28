import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fault, type FaultInput } from "@/lib/contract/fault";
import { eventually } from "@/lib/core/testing";
import type { Node } from "@/lib/cluster/resources/types";
import { faultScript, nodeOfFault } from "@/lib/lab/faults/fault-script";
import { startReadyLab, startTestClusterd, twoNodes, type TestClusterd } from "./testing";

/** Every fault of the catalogue in one lab: injected as a lab's setup does, seen, and mended by what mends a real node. */
const labId = "lab-faults";
const controlPlane = "controlplane";
let clusterd: TestClusterd;

beforeAll(async () => {
  clusterd = await startTestClusterd();
  const base = twoNodes();
  const worker = (index: number) => ({
    ...base.nodes[1]!,
    name: `node0${index}`,
    address: `172.30.7.1${index}/24`,
    mac: `02:42:ac:1e:07:1${index}`,
  });
  const nodes = [base.nodes[0]!, worker(1), worker(2), worker(3)];
  await startReadyLab(clusterd.client, labId, { ...base, nodes });
}, 400_000);

afterAll(async () => {
  await clusterd?.close();
}, 300_000);

async function bash(command: string, node = controlPlane) {
  const { exitCode, stdout, stderr, timedOut } = await clusterd.client.call("lab.exec", {
    ...{ labId, node, argv: ["bash", "-c", command], timeoutMs: 120_000 },
  });
  return { isGood: exitCode === 0 && !timedOut, text: stdout + stderr };
}

async function run(command: string, node?: string): Promise<string> {
  const { isGood, text } = await bash(command, node);
  if (!isGood) throw new Error(`${node ?? controlPlane}: ${command}: ${text}`);
  return text;
}

async function inject(input: FaultInput): Promise<void> {
  const parsed = fault.parse(input);
  await run(faultScript(parsed, controlPlane), nodeOfFault(parsed, controlPlane));
}

/** Waits until what the command prints, to whichever stream, fits. */
async function shows(command: string, pattern: RegExp, node?: string): Promise<void> {
  const { text } = await eventually(
    () => bash(command, node),
    (seen) => pattern.test(seen.text),
    100_000,
  ).catch(async () => ({ text: (await bash(command, node)).text }));
  expect(text, `${node ?? controlPlane}: ${command}`).toMatch(pattern);
}

const readyOf = async (node: string) => {
  const { status } = JSON.parse(await run(`kubectl get node ${node} -o json`)) as Node;
  const { status: value, reason, message } = status!.conditions!.find(({ type }) => type === "Ready")!;
  return `${value} ${reason}: ${message}`;
};
async function nodeIs(node: string, pattern: RegExp): Promise<void> {
  const seen = await eventually(
    () => readyOf(node),
    (text) => pattern.test(text),
    100_000,
  );
  expect(seen).toMatch(pattern);
}

interface Case {
  fault: FaultInput;
  symptom(node: string): Promise<void>;
  mend(node: string): Promise<unknown>;
  healthy(node: string): Promise<void>;
}

const journal = "journalctl -u kubelet --no-pager -n 40";
const restart = (node: string) => run("systemctl daemon-reload; systemctl restart kubelet", node);
const config = "/var/lib/kubelet/config.yaml";
const kubeletRuns = (node: string) =>
  shows("systemctl status kubelet --no-pager", /Active: active \(running\)/, node);
const crashes = async (node: string, words: RegExp) => {
  await shows(journal, words, node);
  await shows(
    "systemctl status kubelet --no-pager",
    /Active: activating \(auto-restart\) \(Result: exit-code\)[^]*code=exited, status=1\/FAILURE/,
    node,
  );
};
const apiAnswers = () => shows("kubectl get --raw /readyz", /^ok/);
const editManifest = (component: string, from: string, to: string) =>
  run(`sed -i 's#${from}#${to}#' /etc/kubernetes/manifests/${component}.yaml`);

/** Of a worker each, one after the other there. */
const ofWorkers: Record<string, Case[]> = {
  node01: [
    {
      fault: { fault: "kubelet-config-broken" },
      symptom: (node) =>
        crashes(
          node,
          /failed to load Kubelet config file \S+, error failed to decode: yaml: line 2: could not find expected ':'/,
        ),
      mend: (node) =>
        run(`sed -i 's/^authentication$/authentication:/' ${config}; systemctl restart kubelet`, node),
      healthy: kubeletRuns,
    },
    {
      fault: { fault: "kubelet-flag", flag: "--network-plugin=cni" },
      symptom: (node) => crashes(node, /failed to parse kubelet flag: unknown flag: --network-plugin/),
      mend: (node) =>
        run(
          "sed -i 's# --network-plugin=cni##' /var/lib/kubelet/kubeadm-flags.env; systemctl restart kubelet",
          node,
        ),
      healthy: kubeletRuns,
    },
    {
      fault: { fault: "kubelet-config", field: "staticPodsPath", value: "/etc/kubernetes/manifests" },
      symptom: (node) =>
        shows(
          journal,
          /"Using lenient decoding as strict decoding failed" err="strict decoding error: unknown field \\"staticPodsPath\\""/,
          node,
        ),
      mend: (node) => run(`sed -i /staticPodsPath/d ${config}; systemctl restart kubelet`, node),
      healthy: kubeletRuns,
    },
    {
      fault: { fault: "kubelet-api-server", server: "https://172.30.7.10:6553" },
      symptom: async (node) => {
        await shows(
          journal,
          /"Unable to register node with API server" err="Post \\"https:\/\/172.30.7.10:6553\/api\/v1\/nodes\\": dial tcp 172.30.7.10:6553: connect: connection refused"/,
          node,
        );
        await nodeIs(node, /^Unknown NodeStatusUnknown: Kubelet stopped posting node status/);
        await kubeletRuns(node);
      },
      mend: (node) =>
        run("sed -i 's#:6553#:6443#' /etc/kubernetes/kubelet.conf; systemctl restart kubelet", node),
      healthy: (node) => nodeIs(node, /^True KubeletReady/),
    },
  ],
  node02: [
    {
      fault: { fault: "kubelet-config-missing" },
      symptom: (node) =>
        crashes(
          node,
          /failed to read kubelet config file \\"\/var\/lib\/kubelet\/config.yaml\\", error: open \S+: no such file or directory/,
        ),
      mend: (node) => run(`ssh controlplane cat ${config} > ${config}; systemctl restart kubelet`, node),
      healthy: kubeletRuns,
    },
    {
      fault: { fault: "kubelet-config", field: "clientCAFile", value: "/etc/kubernetes/pki/WRONG-CA.crt" },
      symptom: (node) =>
        crashes(
          node,
          /unable to load client CA file \/etc\/kubernetes\/pki\/WRONG-CA.crt: open \S+: no such file or directory/,
        ),
      mend: (node) => run(`sed -i s/WRONG-CA/ca/ ${config}; systemctl restart kubelet`, node),
      healthy: kubeletRuns,
    },
    {
      fault: { fault: "certificate-expired", certificate: "kubelet" },
      symptom: async (node) => {
        await crashes(
          node,
          /part of the existing bootstrap client certificate in \/etc\/kubernetes\/kubelet.conf is expired: [^]*unable to load bootstrap kubeconfig: stat \/etc\/kubernetes\/bootstrap-kubelet.conf: no such file or directory/,
        );
        await nodeIs(node, /^Unknown NodeStatusUnknown/);
      },
      mend: async (node) => {
        await run(
          `kubeadm kubeconfig user --org system:nodes --client-name system:node:${node} | ssh ${node} 'cat > /etc/kubernetes/kubelet.conf'`,
        );
        await restart(node);
      },
      healthy: (node) => nodeIs(node, /^True KubeletReady/),
    },
    {
      fault: { fault: "kubelet-config", field: "resolvConf", value: "/run/systemd/resolve/resolv.conf" },
      symptom: async (node) => {
        await podOn(node, "unresolved");
        await shows(
          "kubectl events --for pod/unresolved",
          /FailedCreatePodSandBox.*Failed to create pod sandbox: open \/run\/systemd\/resolve\/resolv.conf: no such file or directory/,
        );
      },
      mend: (node) => run(`sed -i '/^resolvConf/d' ${config}; systemctl restart kubelet`, node),
      healthy: () => podRuns("unresolved"),
    },
  ],
  node03: [
    {
      fault: { fault: "kubelet-kubeconfig-path", path: "/etc/kubernetes/kubeconfig" },
      symptom: (node) =>
        crashes(
          node,
          /unable to load bootstrap kubeconfig: stat \/etc\/kubernetes\/bootstrap-kubelet.conf: no such file or directory/,
        ),
      mend: async (node) => {
        await run(
          "sed -i 's#/etc/kubernetes/kubeconfig#/etc/kubernetes/kubelet.conf#' /etc/systemd/system/kubelet.service.d/10-kubeadm.conf",
          node,
        );
        await restart(node);
      },
      healthy: kubeletRuns,
    },
    {
      fault: { fault: "runtime-stopped", disabled: true },
      symptom: async (node) => {
        await shows(
          "systemctl status containerd --no-pager",
          /containerd.service; disabled;[^]*Active: inactive \(dead\)/,
          node,
        );
        await shows("crictl ps", /validate service connection: .* code = Unavailable/, node);
        await nodeIs(node, /^False KubeletNotReady: container runtime is down/);
      },
      mend: (node) => run("systemctl enable containerd; systemctl start containerd", node),
      healthy: (node) => nodeIs(node, /^True KubeletReady/),
    },
    {
      fault: { fault: "cni-binary-missing", plugin: "bridge" },
      symptom: async (node) => {
        await podOn(node, "unplugged");
        await shows(
          "kubectl events --for pod/unplugged",
          /FailedCreatePodSandBox.*failed to find plugin "bridge" in path \[\/opt\/cni\/bin\]/,
        );
      },
      mend: (node) =>
        run(
          "ssh controlplane cat /opt/cni/bin/bridge > /opt/cni/bin/bridge; chmod +x /opt/cni/bin/bridge",
          node,
        ),
      healthy: () => podRuns("unplugged"),
    },
    {
      fault: { fault: "cni-config-missing" },
      symptom: (node) => nodeIs(node, /^False KubeletNotReady: .*cni plugin not initialized/),
      mend: async (node) => {
        const own = await run(`kubectl get node ${controlPlane} -o jsonpath={.spec.podCIDR}`);
        const its = await run(`kubectl get node ${node} -o jsonpath={.spec.podCIDR}`);
        const file = "/etc/cni/net.d/10-containerd-net.conflist";
        await run(`sed 's#${own}#${its}#' ${file} | ssh ${node} 'cat > ${file}'`);
      },
      healthy: (node) => nodeIs(node, /^True KubeletReady/),
    },
    {
      fault: { fault: "port-blocked", port: 10250 },
      symptom: async () => {
        await shows("kubectl logs unplugged", /dial tcp 172.30.7.13:10250: i\/o timeout/);
      },
      mend: (node) => run("iptables -D INPUT -p tcp --dport 10250 -j DROP", node),
      healthy: () => shows("kubectl logs unplugged", /^ready/),
    },
    {
      fault: { fault: "kubelet-stopped", disabled: true },
      symptom: async (node) => {
        await shows(
          "systemctl status kubelet --no-pager",
          /kubelet.service; disabled;[^]*Active: inactive \(dead\)/,
          node,
        );
        await nodeIs(node, /^Unknown NodeStatusUnknown: Kubelet stopped posting node status/);
      },
      mend: (node) => run("systemctl enable --now kubelet", node),
      healthy: (node) => nodeIs(node, /^True KubeletReady/),
    },
  ],
};

async function podOn(node: string, name: string): Promise<void> {
  const overrides = JSON.stringify({ spec: { nodeName: node, terminationGracePeriodSeconds: 0 } });
  await run(
    `kubectl run ${name} --image=busybox:1.28 --overrides='${overrides}' -- sh -c 'echo ready; sleep 1000'`,
  );
}
const podRuns = (name: string) => shows(`kubectl get pod ${name} --no-headers`, / 1\/1 +Running/);

async function play(node: string, { fault: input, symptom, mend, healthy }: Case): Promise<void> {
  try {
    await inject({ ...input, node });
    await symptom(node);
    await mend(node);
    await healthy(node);
  } catch (failure) {
    throw new Error(`${input.fault} on ${node}: ${(failure as Error).message}`, { cause: failure });
  }
}

describe.concurrent("a worker", () => {
  test.each(Object.entries(ofWorkers))(
    "%s shows its faults and is mended",
    { timeout: 600_000 },
    async (node, cases) => {
      for (const one of cases) await play(node, one);
    },
  );
});

const ofControlPlane: Case[] = [
  {
    fault: {
      fault: "static-pod-flag",
      component: "kube-apiserver",
      flag: "etcd-cafile",
      value: "/etc/kubernetes/pki/etcd/wrong.crt",
    },
    symptom: async () => {
      await shows("kubectl get nodes", /The connection to the server \S+:6443 was refused/);
      await shows(
        "crictl logs $(crictl ps -aq --name kube-apiserver --state exited --latest)",
        /open \/etc\/kubernetes\/pki\/etcd\/wrong.crt: no such file or directory/,
      );
    },
    mend: () => editManifest("kube-apiserver", "etcd/wrong.crt", "etcd/ca.crt"),
    healthy: apiAnswers,
  },
  {
    fault: {
      fault: "static-pod-flag",
      component: "kube-apiserver",
      flag: "etcd-cafile",
      value: "/etc/kubernetes/pki/ca.crt",
    },
    symptom: async () => {
      await shows(
        "crictl logs $(crictl ps -aq --name kube-apiserver --latest)",
        /authentication handshake failed: tls: failed to verify certificate: x509: certificate signed by unknown authority/,
      );
    },
    mend: () =>
      editManifest(
        "kube-apiserver",
        "etcd-cafile=/etc/kubernetes/pki/ca.crt",
        "etcd-cafile=/etc/kubernetes/pki/etcd/ca.crt",
      ),
    healthy: apiAnswers,
  },
  {
    fault: {
      fault: "static-pod-flag",
      component: "kube-apiserver",
      flag: "service-cluster-ip-range",
      value: "10.96.0.0/33",
    },
    symptom: () =>
      shows(
        "crictl logs $(crictl ps -aq --name kube-apiserver --latest)",
        /service-cluster-ip-range\[0\] is not a valid cidr/,
      ),
    mend: () => editManifest("kube-apiserver", "10.96.0.0/33", "10.96.0.0/12"),
    healthy: apiAnswers,
  },
  {
    fault: { fault: "static-pod-broken", component: "kube-scheduler" },
    symptom: async () => {
      await shows(
        journal,
        /Could not process manifest file.*kube-scheduler.yaml: couldn't parse as pod\(yaml: line \d+: could not find expected ':'\), please check config file/,
      );
      await shows("kubectl get pod -n kube-system kube-scheduler-controlplane", /NotFound/);
    },
    mend: () => editManifest("kube-scheduler", "^spec$", "spec:"),
    healthy: () =>
      shows("kubectl get pod -n kube-system kube-scheduler-controlplane --no-headers", / 1\/1 +Running/),
  },
  {
    fault: { fault: "certificate-expired", certificate: "apiserver" },
    symptom: async () => {
      await shows(
        "kubectl get nodes",
        /tls: failed to verify certificate: x509: certificate has expired or is not yet valid/,
      );
      await shows("kubeadm certs check-expiration", /apiserver +\w+ \d+, \d+ \d+:\d+ UTC +<invalid> /);
    },
    mend: () => run("kubeadm certs renew apiserver && crictl stop $(crictl ps -q --name kube-apiserver)"),
    healthy: apiAnswers,
  },
  {
    fault: { fault: "certificate-expired", certificate: "admin" },
    symptom: () => shows("kubectl get nodes", /You must be logged in to the server/),
    mend: () => run("kubeadm certs renew admin.conf && cp /etc/kubernetes/admin.conf /root/.kube/config"),
    healthy: apiAnswers,
  },
  {
    fault: { fault: "kube-proxy-config-path", path: "/var/lib/kube-proxy/configuration.conf" },
    symptom: async () => {
      await shows("kubectl get pods -n kube-system -l k8s-app=kube-proxy", /Error|CrashLoopBackOff/);
      await shows(
        "kubectl logs -n kube-system -l k8s-app=kube-proxy",
        /open \/var\/lib\/kube-proxy\/configuration.conf: no such file or directory/,
      );
    },
    mend: () =>
      run(
        `kubectl patch ds -n kube-system kube-proxy --type=json -p '[{"op":"replace","path":"/spec/template/spec/containers/0/command/1","value":"--config=/var/lib/kube-proxy/config.conf"}]'`,
      ),
    healthy: async () => {
      await shows(
        "kubectl rollout status -n kube-system ds/kube-proxy --timeout=60s",
        /successfully rolled out/,
      );
      await shows("cat /var/log/kube-proxy.log", /Using iptables Proxier/);
    },
  },
  {
    fault: { fault: "corefile-directive", directive: "kubernetes", becomes: "kubernets" },
    symptom: async () => {
      await shows("kubectl get pods -n kube-system -l k8s-app=kube-dns", /Error|CrashLoopBackOff/);
      await shows("kubectl logs -n kube-system -l k8s-app=kube-dns", /Unknown directive 'kubernets'/);
    },
    mend: () =>
      run(
        "kubectl get cm -n kube-system coredns -o yaml | sed s/kubernets/kubernetes/ | kubectl replace -f - && kubectl rollout restart -n kube-system deploy/coredns",
      ),
    healthy: () =>
      shows("kubectl rollout status -n kube-system deploy/coredns --timeout=60s", /successfully rolled out/),
  },
  {
    fault: { fault: "resolv-conf", nameserver: "127.0.0.1" },
    symptom: async () => {
      const pin = JSON.stringify({ spec: { template: { spec: { nodeName: controlPlane } } } });
      await run(`kubectl patch -n kube-system deploy/coredns -p '${pin}'`);
      await shows(
        "kubectl logs -n kube-system -l k8s-app=kube-dns --tail=30",
        /Loop \(127.0.0.1:\d+ -> :53\) detected for zone "."/,
      );
    },
    mend: () =>
      run(
        "echo 'nameserver 172.30.7.1' > /etc/resolv.conf && kubectl rollout restart -n kube-system deploy/coredns",
      ),
    healthy: () =>
      shows("kubectl rollout status -n kube-system deploy/coredns --timeout=60s", /successfully rolled out/),
  },
  {
    fault: { fault: "disk-full" },
    symptom: async (node) => {
      await shows(
        `kubectl describe node ${node}`,
        /DiskPressure +True .*KubeletHasDiskPressure +kubelet has disk pressure/,
      );
      await shows(journal, /"Eviction manager: attempting to reclaim" resourceName="ephemeral-storage"/);
      await shows(
        "kubectl describe pods",
        /Status: +Failed\nReason: +Evicted\nMessage: +The node was low on resource: ephemeral-storage/,
      );
    },
    mend: (node) =>
      run(
        `sed -i 's/^evictionPressureTransitionPeriod: .*/evictionPressureTransitionPeriod: 1s/' ${config}; rm /var/log/core.dump`,
        node,
      ),
    healthy: (node) =>
      shows(`kubectl describe node ${node}`, /DiskPressure +False .*KubeletHasNoDiskPressure/),
  },
];

describe("the control plane", () => {
  test.each(ofControlPlane)("$fault.fault", { timeout: 240_000 }, (one) => play(controlPlane, one));
});
