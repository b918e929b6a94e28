import { AppError } from "@/lib/core/app-error";
import type { LabEnvironment } from "@/lib/contract/environment";
import type { LabdRpc } from "@/lib/contract/labd";
import type { RpcClient } from "@/lib/rpc/client";
import type { ClusterPki } from "./pki/cluster-pki";
import { writeFilesOn } from "./node-calls";
import { trustFiles } from "./trust-files";

/** As docker-ce's package has it, without its socket unit. */
const unit = `[Unit]
Description=Docker Application Container Engine
Documentation=https://docs.docker.com
After=network-online.target nss-lookup.target firewalld.service containerd.service time-set.target
Wants=network-online.target containerd.service

[Service]
Type=notify
ExecStart=/usr/bin/dockerd -H fd:// --containerd=/run/containerd/containerd.sock
ExecReload=/bin/kill -s HUP $MAINPID
TimeoutStartSec=0
RestartSec=2
Restart=always
StartLimitBurst=3
StartLimitInterval=60s
LimitNPROC=infinity
LimitCORE=infinity
TasksMax=infinity
Delegate=yes
KillMode=process
OOMScoreAdjust=-500

[Install]
WantedBy=multi-user.target
`;

/** Every node is made for Kubernetes; a Docker host has the engine in its place. */
const script = `
systemctl stop kubelet >/dev/null 2>&1 || true
cd /etc/systemd/system
rm -rf kubelet.service kubelet.service.d multi-user.target.wants/kubelet.service
rm -f /usr/bin/kubelet /usr/bin/kubeadm /usr/bin/crictl /usr/bin/etcdctl /usr/local/bin/kubectl /usr/local/bin/helm /etc/crictl.yaml
rm -rf /opt/cni /etc/cni /usr/lib/cni /var/lib/kubelet
rm -f /usr/share/bash-completion/completions/kubectl /usr/share/bash-completion/completions/helm
for name in docker dockerd docker-proxy; do ln -sf "/usr/lib/examctl/$name" "/usr/bin/$name"; done
mkdir -p /var/lib/docker/containers /var/lib/docker/network/files /var/lib/docker/volumes /var/lib/docker/image/overlayfs
chmod 0710 /var/lib/docker
systemctl daemon-reload
systemctl enable docker >/dev/null 2>&1
exec systemctl start docker
`;

/** Makes a node a Docker host and starts its engine; once in the life of the lab. */
export async function joinDockerHost(
  options: { labId: string; environment: LabEnvironment; labd: RpcClient<LabdRpc>; pki: ClusterPki },
  name: string,
): Promise<void> {
  const { labd, labId, environment, pki } = options;
  const ref = { sandboxId: labId, node: name };
  const files = [
    { path: "/etc/systemd/system/docker.service", content: unit, mode: 0o644 },
    ...trustFiles(pki.outsideCa),
    ...environment.files.filter((file) => file.node === name),
  ];
  await writeFilesOn(labd, ref, files);
  const { exitCode, stderr } = await labd.call("node.exec", { ...ref, argv: ["sh", "-ec", script] });
  if (exitCode !== 0)
    throw new AppError("internal", `The Docker engine of ${name} did not start: ${stderr.trim()}`);
}
