import type { AgentPrograms } from "@/lib/cluster/addons/agents/agent-session";
import { crictl } from "./crictl/crictl";
import { etcdctl } from "./etcdctl/etcdctl";
import { kubeadm } from "./kubeadm/kubeadm";

/** Commands of a node's administrator whose answers are the cluster's. */
export const toolPrograms: AgentPrograms = { crictl, etcdctl, kubeadm };
