import { stringify } from "yaml";
import { findAddon } from "@/lib/cluster/addons";
import type { ClusterShape } from "@/lib/cluster/addons/addon";

interface ProductManifest {
  host: string;
  path: RegExp;
  addon: string;
  options?: Record<string, unknown>;
  /** What the published manifest has where the cluster may differ, as it may in reality. */
  shape?: Partial<ClusterShape>;
}

/**
 * The manifests that projects publish under these URLs, in our own words: the objects that the addon of that name installs. A file
 * that an administrator has added for a URL comes first.
 */
const manifests: ProductManifest[] = [
  {
    host: "github.com",
    path: /^\/weaveworks\/weave\/releases\/(?:download\/v2\.[\d.]+|latest\/download)\/weave-daemonset-k8s(?:-1\.(?:8|9|11))?\.yaml$/,
    addon: "weave",
  },
  {
    host: "github.com",
    path: /^\/flannel-io\/flannel\/releases\/(?:download\/v0\.[\d.]+|latest\/download)\/kube-flannel\.yml$/,
    addon: "flannel",
    shape: { podCidr: "10.244.0.0/16" },
  },
  {
    host: "raw.githubusercontent.com",
    path: /^\/(?:flannel-io|coreos)\/flannel\/(?:refs\/(?:heads|tags)\/)?[\w.-]+\/Documentation\/kube-flannel\.yml$/,
    addon: "flannel",
    shape: { podCidr: "10.244.0.0/16" },
  },
  {
    host: "raw.githubusercontent.com",
    path: /^\/projectcalico\/calico\/(?:refs\/(?:heads|tags)\/)?[\w.-]+\/manifests\/calico\.yaml$/,
    addon: "calico",
    options: { overlay: "ipip" },
  },
  ...(["cloud", "baremetal"] as const).map((provider): ProductManifest => ({
    host: "raw.githubusercontent.com",
    path: new RegExp(
      `^/kubernetes/ingress-nginx/(?:refs/(?:heads|tags)/)?[\\w.-]+/deploy/static/provider/${provider}/deploy\\.yaml$`,
    ),
    addon: "ingress-nginx",
    options: { serviceType: provider === "cloud" ? "LoadBalancer" : "NodePort" },
  })),
];

export const productHosts: ReadonlySet<string> = new Set(manifests.map(({ host }) => host));

/** The manifest behind a URL as YAML; undefined when the product has none. */
export function productManifest(host: string, path: string, cluster: ClusterShape): string | undefined {
  const found = manifests.find((one) => one.host === host && one.path.test(path));
  if (!found) return undefined;
  const { addon, options } = findAddon(found.addon, found.options ?? {});
  return addon
    .objects({ ...cluster, ...found.shape }, options)
    .map((object) => `---\n${stringify(object)}`)
    .join("");
}
