import type { Fault } from "@/lib/contract/fault";
import { expiredCertificateScript } from "./certificate-script";

const kubeletConfig = "/var/lib/kubelet/config.yaml";
const restartKubelet = "systemctl restart kubelet || true\n";
const manifestOf = (component: string) => `/etc/kubernetes/manifests/${component}.yaml`;

/** Where a fault's script runs: most on the faulty node itself, those of objects and certificates on the control plane. */
export function nodeOfFault(fault: Fault, controlPlane: string): string {
  const isElsewhere = ["certificate-expired", "kube-proxy-config-path", "corefile-directive"].includes(
    fault.fault,
  );
  return isElsewhere ? controlPlane : (fault.node ?? controlPlane);
}

/**
 * The bash that breaks something as a person would break it, and fails when there is nothing to break. It does not wait for the
 * symptom.
 */
export function faultScript(fault: Fault, controlPlane: string): string {
  switch (fault.fault) {
    case "kubelet-stopped":
      return stopped("kubelet", fault.disabled);
    case "runtime-stopped":
      return stopped("containerd", fault.disabled);
    case "kubelet-config":
      return `grep -q '^ *${fault.field}:' ${kubeletConfig} || echo '${fault.field}:' >> ${kubeletConfig}
sed -i 's#^\\( *\\)${fault.field}:.*#\\1${fault.field}: ${fault.value}#' ${kubeletConfig}
${restartKubelet}`;
    case "kubelet-config-broken":
      return `grep -q '^authentication:' ${kubeletConfig} || exit 1
sed -i 's/^authentication:/authentication/' ${kubeletConfig}
${restartKubelet}`;
    case "kubelet-config-missing":
      return `rm ${kubeletConfig}\n${restartKubelet}`;
    case "kubelet-flag":
      return `sed -i 's#"$# ${fault.flag}"#' /var/lib/kubelet/kubeadm-flags.env
grep -q -e '${fault.flag}' /var/lib/kubelet/kubeadm-flags.env || exit 1
${restartKubelet}`;
    case "kubelet-kubeconfig-path": {
      const dropIn = "/etc/systemd/system/kubelet.service.d/10-kubeadm.conf";
      return `sed -i 's#--kubeconfig=[^ "]*#--kubeconfig=${fault.path}#' ${dropIn}
grep -q -e '--kubeconfig=${fault.path}' ${dropIn} || exit 1
systemctl daemon-reload
${restartKubelet}`;
    }
    case "kubelet-api-server":
      return `sed -i 's#server: .*#server: ${fault.server}#' /etc/kubernetes/kubelet.conf
${restartKubelet}`;
    case "static-pod-flag":
      return `grep -q -e '- --${fault.flag}=' ${manifestOf(fault.component)} || exit 1
sed -i 's#- --${fault.flag}=.*#- --${fault.flag}=${fault.value}#' ${manifestOf(fault.component)}
`;
    case "static-pod-broken":
      return `sed -i 's/^spec:/spec/' ${manifestOf(fault.component)}\n`;
    case "certificate-expired":
      return expiredCertificateScript(fault.certificate, fault.node ?? controlPlane);
    case "cni-binary-missing":
      return `rm /opt/cni/bin/${fault.plugin}\n`;
    case "cni-config-missing":
      return "rm /etc/cni/net.d/*\n";
    case "kube-proxy-config-path":
      return `set -e -o pipefail
kubectl -n kube-system patch daemonset kube-proxy --type=json -p '[{"op":"replace","path":"/spec/template/spec/containers/0/command/1","value":"--config=${fault.path}"}]'
kubectl -n kube-system delete pod -l k8s-app=kube-proxy --now
`;
    case "corefile-directive":
      // All of them start anew, so that none goes on with what it read before.
      return `set -e -o pipefail
replicas=$(kubectl -n kube-system get deployment coredns -o jsonpath='{.spec.replicas}')
kubectl -n kube-system scale deployment coredns --replicas=0
kubectl -n kube-system get configmap coredns -o yaml | sed 's#^\\( *\\)${fault.directive}\\( .*\\)\\?$#\\1${fault.becomes}\\2#' | kubectl replace -f -
kubectl -n kube-system wait --for=delete pod -l k8s-app=kube-dns --timeout=60s
kubectl -n kube-system scale deployment coredns --replicas="$replicas"
`;
    case "port-blocked": {
      const chain = fault.direction === "in" ? "INPUT" : "OUTPUT";
      return `iptables -I ${chain} -p ${fault.protocol} --dport ${fault.port} -j ${fault.action}\n`;
    }
    case "disk-full":
      // A twentieth stays free: a node on which nothing can be written shows nothing either.
      return `read -r size free < <(df -B1 --output=size,avail /var/lib/kubelet | tail -n 1)
fallocate -l $((free - size / 20)) ${fault.file}
`;
    case "resolv-conf":
      return `echo 'nameserver ${fault.nameserver}' > /etc/resolv.conf\n`;
  }
}

function stopped(service: string, isDisabled: boolean): string {
  return `systemctl stop ${service}\n${isDisabled ? `systemctl disable ${service}\n` : ""}`;
}
