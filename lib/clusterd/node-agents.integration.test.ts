import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "@/lib/core/testing";
import type { Node, Pod } from "@/lib/cluster/resources/types";
import { startReadyLab, startTestClusterd, type TestClusterd } from "./testing";

/** One lab for the file: what becomes of a cluster when its nodes' files and services are changed by hand. */
const labId = "lab-agents";
let clusterd: TestClusterd;

beforeAll(async () => {
  clusterd = await startTestClusterd();
  await startReadyLab(clusterd.client, labId);
}, 400_000);

afterAll(async () => {
  await clusterd?.close();
}, 300_000);

async function run(command: string, node = "controlplane"): Promise<string> {
  const result = await clusterd.client.call("lab.exec", { labId, node, argv: ["bash", "-c", command] });
  if (result.exitCode !== 0) throw new Error(`${command}: ${result.stderr}${result.stdout}`);
  return result.stdout;
}

const manifests = "/etc/kubernetes/manifests";
const readyOf = async (node: string) => {
  const of = JSON.parse(await run(`kubectl get node ${node} -o json`)) as Node;
  return of.status?.conditions?.find(({ type }) => type === "Ready");
};
const fails = (command: string, node?: string) =>
  run(command, node).then(
    () => "",
    (failure: Error) => failure.message,
  );

test("a static pod comes, changes and goes with its file", async () => {
  const manifest = (arg: string) =>
    `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web"},"spec":{"terminationGracePeriodSeconds":0,"containers":[{"name":"main","image":"busybox:1.28","args":["sleep","${arg}"]}]}}`;
  const running = (arg: string) =>
    eventually(
      async () => JSON.parse(await run("kubectl get pod web-node01 -o json")) as Pod,
      (pod) =>
        pod.spec.containers[0]!.args?.[1] === arg && pod.status?.containerStatuses?.[0]?.ready === true,
    );
  await run(`mkdir -p ${manifests}; echo '${manifest("1000")}' > ${manifests}/web.yaml`, "node01");
  await running("1000");
  await run(`sed -i s/1000/2000/ ${manifests}/web.yaml`, "node01");
  expect((await running("2000")).metadata.annotations).toHaveProperty("kubernetes.io/config.mirror");
  expect(await run("ps -eo args", "node01")).toContain("sleep 2000");
  await run(`rm ${manifests}/web.yaml`, "node01");
  const gone = await eventually(
    () => fails("kubectl get pod web-node01"),
    (text) => text.includes("NotFound"),
  );
  expect(gone).toContain('pods "web-node01" not found');
  expect(await run("ps -eo args", "node01")).not.toContain("sleep 2000");
});

test("the API server goes down with its manifest, stays down with a wrong flag and comes back", async () => {
  const file = `${manifests}/kube-apiserver.yaml`;
  await run(`cp ${file} /root/kube-apiserver.yaml && mv ${file} /root/moved.yaml`);
  const down = await eventually(
    () => fails("kubectl get nodes"),
    (text) => text.startsWith("kubectl get nodes: The connection"),
  );
  expect(down).toMatch(
    /The connection to the server \S+:6443 was refused - did you specify the right host or port\?/,
  );
  await run(`sed 's/--service-cluster-ip-range=/--service-cluster-ip-rnge=/' /root/moved.yaml > ${file}`);
  const log = await eventually(
    () => run("cat /var/log/pods/kube-system_kube-apiserver-*/kube-apiserver/*.log"),
    (text) => text.includes("unknown flag"),
  );
  expect(log).toContain("unknown flag: --service-cluster-ip-rnge");
  expect(await fails("kubectl get nodes")).toContain("refused");
  await run(`cp /root/kube-apiserver.yaml ${file}`);
  const back = await eventually(
    () => run("kubectl get nodes"),
    (text) => text.includes("node01"),
  );
  expect(back).toContain("node01");

  await run(`sed -i 's#--service-cluster-ip-range=.*#--service-cluster-ip-range=172.20.0.0/16#' ${file}`);
  const address = await eventually(
    () =>
      run(
        "kubectl delete svc x >/dev/null 2>&1; kubectl create svc clusterip x --tcp=80 >/dev/null; kubectl get svc x -o jsonpath={.spec.clusterIP}",
      ),
    (text) => text.startsWith("172.20."),
  );
  expect(address).toMatch(/^172\.20\./);
});

test("without the scheduler's static pod nothing is scheduled", async () => {
  await run(`mv ${manifests}/kube-scheduler.yaml /root/`);
  await eventually(
    () => fails("kubectl get pod -n kube-system kube-scheduler-controlplane"),
    (text) => text.includes("NotFound"),
  );
  await run("kubectl run unscheduled --image=busybox:1.28 -- sleep 100");
  // Whoever would have scheduled it has had its chance when this one runs.
  await run(
    `kubectl run placed --image=busybox:1.28 --overrides='{"spec":{"nodeName":"node01"}}' -- sleep 100`,
  );
  await run("kubectl wait --for=condition=Ready pod/placed --timeout=90s");
  expect(await run("kubectl get pod unscheduled -o jsonpath='{.status.phase} {.spec.nodeName}'")).toBe(
    "Pending ",
  );
  await run(`mv /root/kube-scheduler.yaml ${manifests}/`);
  await run("kubectl wait --for=condition=Ready pod/unscheduled --timeout=90s");
});

test("crictl shows what the node's container runtime holds, and acts on it", async () => {
  await run(
    `kubectl run shown --image=busybox:1.28 --overrides='{"spec":{"nodeName":"node01","terminationGracePeriodSeconds":0}}' -- sh -c 'echo to stdout; echo to stderr >&2; sleep 1000'`,
  );
  await run("kubectl wait --for=condition=Ready pod/shown --timeout=90s");
  const idOf = async () =>
    (await run("kubectl get pod shown -o jsonpath={.status.containerStatuses[0].containerID}")).replace(
      "containerd://",
      "",
    );
  const id = await idOf();
  const [head, ...rows] = (await run("crictl ps", "node01")).trimEnd().split("\n");
  expect(head!.split(/ {3,}/)).toEqual([
    "CONTAINER",
    "IMAGE",
    "CREATED",
    "STATE",
    "NAME",
    "ATTEMPT",
    "POD ID",
    "POD",
    "NAMESPACE",
  ]);
  const row = rows.find((text) => text.startsWith(id.slice(0, 13)))!;
  const podId = (await run("crictl pods -q --name shown", "node01")).trim();
  expect(row.split(/ {2,}/).slice(3)).toEqual([
    "Running",
    "shown",
    "0",
    podId.slice(0, 13),
    "shown",
    "default",
  ]);
  expect(await run("crictl images", "node01")).toMatch(
    /^docker.io\/library\/busybox +1\.28 +[0-9a-f]{13} +[\d.]+[kM]B$/m,
  );
  expect(await run(`crictl logs ${id.slice(0, 10)} 2>/dev/null`, "node01")).toBe("to stdout\n");
  expect(await run(`crictl logs --tail=1 ${id} 2>&1`, "node01")).toBe("to stderr\n");
  expect(await run(`echo hello | crictl exec -i ${id} cat`, "node01")).toBe("hello\n");
  expect(await run(`crictl ps -o yaml --id ${id}`, "node01")).toContain(`containers:\n  - id: ${id}\n`);
  expect(await fails("crictl ps -o xml", "node01")).toContain('unsupported output format "xml"');
  const inspected = JSON.parse(await run(`crictl inspect ${id}`, "node01")) as {
    info: { pid: number };
    status: { state: string; metadata: { name: string } };
  };
  expect(inspected.status).toMatchObject({ state: "CONTAINER_RUNNING", metadata: { name: "shown" } });
  expect(await run(`tr '\\0' ' ' < /proc/${inspected.info.pid}/cmdline`, "node01")).toContain("sleep 1000");
  expect(await fails("crictl inspect nosuch", "node01")).toContain(
    'rpc error: code = NotFound desc = an error occurred when try to find container "nosuch": not found',
  );
  expect(await run("crictl ps -q --label io.kubernetes.pod.name=shown --state running", "node01")).toBe(
    `${id}\n`,
  );
  expect(await run("crictl pods -q --label run=shown --name '^shown$'", "node01")).toBe(`${podId}\n`);
  expect(await run("crictl pods -q --label run=other", "node01")).toBe("");
  expect(await run(`crictl stats ${id}`, "node01")).toMatch(
    new RegExp(
      `^CONTAINER +NAME +CPU % +MEM +DISK +INODES +SWAP\n${id.slice(0, 13)} +shown +\\d+\\.\\d\\d +[\\d.]+[kM]B `,
    ),
  );
  expect(await fails("crictl port-forward x 80", "node01")).toContain(
    "crictl port-forward is not supported in this lab.",
  );
  // A container that somebody stops is started again by the kubelet, and crictl tells of both.
  await run(`crictl stop ${id}`, "node01");
  expect(await eventually(idOf, (now) => now !== "" && now !== id)).not.toBe(id);
  expect(await run("crictl ps -a --name shown", "node01")).toMatch(/ Exited +shown +0 /);
  // So is a pod whose sandbox somebody stops.
  const [before] = [await idOf()];
  expect(await run(`crictl stopp ${podId}`, "node01")).toBe(`Stopped sandbox ${podId}\n`);
  expect(await eventually(idOf, (now) => now !== "" && now !== before)).not.toBe(before);
  await run("kubectl delete pod shown --now");
  expect(await run("crictl rmi busybox:1.28", "node01")).toBe("Deleted: docker.io/library/busybox:1.28\n");
});

test("kubeadm and etcdctl tell of the cluster, where there is what they need", async () => {
  const join = await run("kubeadm token create --print-join-command --ttl 2h");
  const [, token, hash] =
    /^kubeadm join 172\.30\.7\.10:6443 --token (\S+) --discovery-token-ca-cert-hash sha256:(\S+) \n$/.exec(
      join,
    )!;
  expect(
    await run(
      "openssl x509 -pubkey -noout -in /etc/kubernetes/pki/ca.crt | openssl pkey -pubin -outform der | sha256sum",
    ),
  ).toBe(`${hash}  -\n`);
  expect(await run("kubeadm token list")).toMatch(
    new RegExp(`^${token} +\\d+m +\\S+Z +authentication,signing `, "m"),
  );
  expect(await run(`kubeadm token delete ${token!.slice(0, 6)}`)).toContain("deleted");
  expect(await run("kubeadm token list")).not.toContain(token);
  const expiry = await run(
    `date -u -d "$(openssl x509 -noout -enddate -in /etc/kubernetes/pki/apiserver.crt | cut -d= -f2)" '+%b %d, %Y %H:%M UTC'`,
  );
  expect(await run("kubeadm certs check-expiration")).toContain(
    `apiserver                  ${expiry.trim()}`,
  );
  expect(await fails("kubeadm token list", "node01")).toContain("failed to load admin kubeconfig");
  expect(await fails("kubeadm reset -f")).toContain("kubeadm reset is not supported in this lab.");
  expect(await fails("journalctl --list-boots")).toContain("--list-boots is not supported in this lab.");
  expect(await fails("systemctl kill kubelet")).toContain("systemctl kill is not supported in this lab.");

  const etcd = "/etc/kubernetes/pki/etcd";
  const etcdctl = (cacert: string, command: string) =>
    `etcdctl --endpoints=https://127.0.0.1:2379 --cacert=${cacert} --cert=${etcd}/server.crt --key=${etcd}/server.key ${command}`;
  expect(await run(etcdctl(`${etcd}/ca.crt`, "endpoint health"))).toMatch(
    /^https:\/\/127\.0\.0\.1:2379 is healthy: /,
  );
  expect(await run(etcdctl(`${etcd}/ca.crt`, "member list -w table"))).toMatch(
    /^\| [0-9a-f]{16} \| started \| controlplane \| https:\/\/172\.30\.7\.10:2380 \|/m,
  );
  expect(await fails(etcdctl("/etc/kubernetes/pki/ca.crt", "endpoint health"))).toMatch(
    /x509: certificate signed by unknown authority[^]* is unhealthy/,
  );
  for (const command of ["user list", "get / --prefix --keys-only"])
    expect(await fails(etcdctl(`${etcd}/ca.crt`, command))).toContain("not supported in this lab");
  expect(await run("kubeadm config print init-defaults")).toMatch(
    /^apiVersion: kubeadm.k8s.io\/v1beta4\nbootstrapTokens:\n- groups:\n[^]*\n---\napiServer: {}\n/,
  );
});

test("components tell their version, and a second etcd ends without touching the first one's data", async () => {
  expect(await run("kubelet --version", "node01")).toBe("Kubernetes v1.34.5\n");
  expect(await run("kubelet --help", "node01")).toContain("      --pod-manifest-path\n");
  const inEtcd = "kubectl exec -n kube-system etcd-controlplane -- etcd";
  expect(await run(`${inEtcd} --version`)).toContain("etcd Version: 3.6.5\n");
  expect(await fails(`${inEtcd} --data-dir /tmp/other`)).toContain("address already in use");
  expect(await run("kubectl get nodes -o name")).toBe("node/controlplane\nnode/node01\n");
});

test("a snapshot of etcd is restored into a new data folder, and the former one still has what came after it", async () => {
  const pki = "/etc/kubernetes/pki/etcd";
  const etcdctl = `etcdctl --endpoints=https://127.0.0.1:2379 --cacert=${pki}/ca.crt --cert=${pki}/server.crt --key=${pki}/server.key`;
  const dataFolder = (folder: string) =>
    run(`sed -i 's#path: /var/lib/etcd.*#path: ${folder}#' ${manifests}/etcd.yaml`);
  const names = () => run("kubectl get configmaps -o name").catch(() => "");
  await run("kubectl create configmap before");
  expect(await run(`${etcdctl} snapshot save /opt/backup.db`)).toContain(
    "Snapshot saved at /opt/backup.db\n",
  );
  await run("kubectl create configmap after && kubectl delete configmap before");
  expect(await run("etcdutl snapshot status /opt/backup.db -w table")).toMatch(
    /\| +HASH +\| REVISION \| TOTAL KEYS \| TOTAL SIZE \| VERSION \|\n.*\n\| +[0-9a-f]{8} \|/,
  );
  expect(await fails("etcdutl snapshot restore /opt/backup.db --data-dir /var/lib/etcd")).toContain(
    'Error: data-dir "/var/lib/etcd" not empty or could not be read',
  );
  await run("sed 's/.$/x/' /opt/backup.db > /opt/broken.db");
  expect(await fails("etcdutl snapshot restore /opt/broken.db --data-dir /opt/x")).toContain("Error: ");

  await run("etcdctl snapshot restore /opt/backup.db --data-dir /var/lib/etcd-from-backup");
  await dataFolder("/var/lib/etcd-from-backup");
  const restored = await eventually(names, (text) => text.includes("configmap/before"));
  expect(restored).not.toContain("configmap/after");
  await run("kubectl create configmap later");
  expect(await run(`kubectl get pods -n kube-system | grep -c Running`)).toMatch(/^\d/);

  await dataFolder("/var/lib/etcd");
  const former = await eventually(names, (text) => text.includes("configmap/after"));
  expect(former).not.toMatch(/before|later/);
  await run("kubectl wait --for=condition=Ready node --all --timeout=60s");
}, 200_000);

test("nodes reach each other by ssh, and their certificates are what openssl says", async () => {
  expect(await run("ssh node01 hostname")).toBe("node01\n");
  expect(await run("ssh controlplane hostname", "node01")).toBe("controlplane\n");
  const pki = "/etc/kubernetes/pki";
  expect(await run(`openssl verify -CAfile ${pki}/ca.crt ${pki}/apiserver.crt`)).toBe(
    `${pki}/apiserver.crt: OK\n`,
  );
  expect(await run(`openssl verify -CAfile ${pki}/etcd/ca.crt ${pki}/etcd/server.crt`)).toContain(": OK");
  expect(
    await run(`openssl x509 -noout -subject -in /var/lib/kubelet/pki/kubelet-client-current.pem`, "node01"),
  ).toBe("subject=O = system:nodes, CN = system:node:node01\n");
  // What the API server shows to whoever connects is the file that is there.
  const serial = "openssl x509 -noout -serial";
  expect(
    await run(`echo | openssl s_client -connect controlplane:6443 2>/dev/null | ${serial}`, "node01"),
  ).toBe(await run(`${serial} -in ${pki}/apiserver.crt`));
});

test("a stopped kubelet and a stopped container runtime make their nodes NotReady; started, they mend them", async () => {
  const notReady = (node: string, status: string) =>
    eventually(
      () => readyOf(node),
      (ready) => ready?.status === status,
      90_000,
    );
  const ready = (node: string) =>
    eventually(
      () => readyOf(node),
      (of) => of?.status === "True",
    );
  await run("systemctl stop kubelet", "node01");
  await run("systemctl stop containerd");
  await run(
    `kubectl run waits --image=busybox:1.28 --overrides='{"spec":{"nodeName":"node01"}}' -- sleep 100`,
  );
  const proxy = await run("kubectl get pods -n kube-system -o wide | grep kube-proxy.*node01");
  expect(await fails(`kubectl logs -n kube-system ${proxy.split(" ")[0]}`)).toContain(
    "dial tcp 172.30.7.11:10250: connect: connection refused",
  );
  expect(await notReady("controlplane", "False")).toMatchObject({
    reason: "KubeletNotReady",
    message: "container runtime is down",
  });
  expect(await notReady("node01", "Unknown")).toMatchObject({
    reason: "NodeStatusUnknown",
    message: "Kubelet stopped posting node status.",
  });
  expect(await run("kubectl get pod waits -o jsonpath={.status.phase}")).toBe("Pending");
  expect(await fails("crictl ps")).toContain(
    'FATA[0000] validate service connection: validate CRI v1 runtime API for endpoint "unix:///run/containerd/containerd.sock": rpc error: code = Unavailable',
  );

  await run("systemctl start kubelet", "node01");
  await run("systemctl start containerd");
  expect(await ready("node01")).toMatchObject({
    reason: "KubeletReady",
    message: "kubelet is posting ready status",
  });
  expect(await ready("controlplane")).toMatchObject({ reason: "KubeletReady" });
  const phase = await eventually(
    () => run("kubectl get pod waits -o jsonpath={.status.phase}"),
    (text) => text === "Running",
  );
  expect(phase).toBe("Running");
}, 300_000);

test("without a network configuration the node is not ready and pods wait for it", async () => {
  await run("mkdir /root/cni && mv /etc/cni/net.d/* /root/cni/", "node01");
  expect(
    await eventually(
      () => readyOf("node01"),
      (ready) => ready?.status === "False",
    ),
  ).toMatchObject({
    reason: "KubeletNotReady",
    message:
      "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized",
  });
  await run("mv /root/cni/* /etc/cni/net.d/", "node01");
  expect(
    await eventually(
      () => readyOf("node01"),
      (ready) => ready?.status === "True",
    ),
  ).toMatchObject({
    reason: "KubeletReady",
  });
});

test("a network configuration that cannot be loaded makes the node not ready, and pods say what they wait for", async () => {
  const status = (value: string) =>
    eventually(
      () => readyOf("node01"),
      (ready) => ready?.status === value,
    );
  const podOn = (name: string, more: string) =>
    run(
      `kubectl run ${name} --image=busybox:1.28 --overrides='{"spec":{"nodeName":"node01","terminationGracePeriodSeconds":0${more}}}' -- sleep 1000`,
    );
  const events = (name: string) => run(`kubectl events --for pod/${name} || true`);
  await run("cd /etc/cni/net.d && cp * /root/cni/ && sed -i 's/\\[/[,/' *.conflist", "node01");
  expect(await status("False")).toMatchObject({
    message: expect.stringMatching(/Network plugin returns error: cni plugin not initialized$/) as string,
  });
  await podOn("networkless", "");
  await podOn("on-host", ',"hostNetwork":true,"tolerations":[{"operator":"Exists"}]');
  const waiting = await eventually(
    () => events("networkless"),
    (text) => text.includes("NetworkNotReady"),
  );
  // The kubelet does not come to ask for a sandbox: FailedCreatePodSandBox is a plugin's failure.
  expect(waiting).toContain("network is not ready: container runtime network not ready: NetworkReady=false");
  expect(waiting).not.toContain("FailedCreatePodSandBox");
  expect(await run("kubectl get pod networkless --no-headers")).toContain("ContainerCreating");
  await run("kubectl wait --for=condition=Ready pod/on-host --timeout=30s");

  await run(
    'cp /root/cni/* /etc/cni/net.d/ && sed -i \'s/"bridge"/"brigde"/\' /etc/cni/net.d/*.conflist',
    "node01",
  );
  expect(await status("True")).toMatchObject({ reason: "KubeletReady" });
  const failed = await eventually(
    () => events("networkless"),
    (text) => text.includes("FailedCreatePodSandBox"),
  );
  expect(failed).toMatch(
    /Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "[0-9a-f]{64}": plugin type="brigde".* failed \(add\): failed to find plugin "brigde" in path \[\/opt\/cni\/bin\]/,
  );
  await run("cp /root/cni/* /etc/cni/net.d/", "node01");
  await run("kubectl wait --for=condition=Ready pod/networkless --timeout=60s");
  await run("kubectl delete pod networkless on-host --now");
});
