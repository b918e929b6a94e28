import type { AgentPrograms } from "@/lib/cluster/addons/agents/agent-session";
import { etcd } from "./components/etcd";
import { kubeApiserver } from "./components/kube-apiserver";
import { kubelet } from "./components/kubelet";
import { crictl } from "./crictl/crictl";
import { etcdctl } from "./etcdctl/etcdctl";
import { etcdutl } from "./etcdctl/etcdutl";
import { kubeadm } from "./kubeadm/kubeadm";

/** Commands of a node's administrator, and what components read before they begin. */
export const toolPrograms: AgentPrograms = {
  crictl,
  etcdctl,
  etcdutl,
  kubeadm,
  kubelet,
  etcd,
  "kube-apiserver": kubeApiserver,
};
