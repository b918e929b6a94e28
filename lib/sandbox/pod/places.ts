import { authoritiesLayer } from "@/lib/contract/labd";
import type { Image } from "../image/ensure-images";
import { runtimeInImages } from "../image/ensure-runtime";
import { imagesInNode } from "../rootfs/build-top";

/** Paths inside a node, as containerd and the kubelet lay them out. */
export const places = {
  crun: `/${imagesInNode}/${runtimeInImages}`,
  crunRoot: "/run/crun",
  bundle: (id: string) => `/run/containerd/io.containerd.runtime.v2.task/k8s.io/${id}`,
  /** Short: a socket's path has at most 107 bytes. */
  console: (id: string) => `/run/containerd/tty/${id.slice(0, 16)}.sock`,
  snapshot: (id: string) => `/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/${id}`,
  podFiles: (podId: string) => `/var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes/${podId}`,
  /** The layers of an image as overlay's lowerdir wants them. */
  imageRoot: ({ layers, authorities }: Pick<Image, "layers" | "authorities">) =>
    [...(authorities ? [authoritiesLayer] : []), ...layers.map((key) => `/${imagesInNode}/${key}/root`)].join(
      ":",
    ),
  terminationMessage: (podUid: string, name: string, containerId: string) =>
    `/var/lib/kubelet/pods/${podUid}/containers/${name}/${containerId.slice(0, 8)}`,
  logLink: (pod: { namespace: string; name: string }, container: string, id: string) =>
    `/var/log/containers/${pod.name}_${pod.namespace}_${container}-${id}.log`,
  podLogs: (pod: { namespace: string; name: string; podUid: string }) =>
    `/var/log/pods/${pod.namespace}_${pod.name}_${pod.podUid}`,
};

/** sysctls of a network namespace of its own: containerd 2's enable_unprivileged_ports, and Docker's default. */
export const networkDefaults = { "net.ipv4.ip_unprivileged_port_start": "0" };
