import type { KubeadmCommand } from "./kubeadm";

/** `kubeadm config images list`: what the control plane's node was made with. */
export const listImages: KubeadmCommand = async (session, { cluster, nodes }) => {
  const images = await nodes.get(cluster.controlPlane.name)!.cri.images();
  const order = [
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kube-proxy",
    "coredns",
    "pause",
    "etcd",
  ];
  for (const part of order) {
    const image = images.find(
      ({ name }) => name.startsWith("registry.k8s.io/") && name.includes(`/${part}:`),
    );
    if (image) session.printOut(image.name);
  }
};
