import { stringify } from "yaml";
import { findAddon } from "@/lib/cluster/addons";
import { customResourcesManifest, operatorManifest } from "@/lib/cluster/addons/calico/operator/manifest";
import { gatewayApiCrds, type Channel } from "@/lib/cluster/addons/gateway-api/crds";
import { fabricCrds } from "@/lib/cluster/addons/nginx-gateway/objects/crds";
import { fabricObjects, majorOf } from "@/lib/cluster/addons/nginx-gateway/objects/fabric";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { ClusterShape } from "@/lib/cluster/addons/addon";

interface ProductManifest {
  host: string;
  path: RegExp;
  objects(cluster: ClusterShape, path: RegExpExecArray): KubeObject[];
}

/** What the addon of that name installs; `shape`: what the published manifest has where the cluster may differ. */
function ofAddon(
  name: string,
  options: Record<string, unknown> = {},
  shape: Partial<ClusterShape> = {},
): (cluster: ClusterShape) => KubeObject[] {
  return (cluster) => {
    const found = findAddon(name, options);
    return found.addon.objects({ ...cluster, ...shape }, found.options);
  };
}

/**
 * The manifests that projects publish under these URLs, in our own words: the objects that the addon of that name installs. A file
 * that an administrator has added for a URL comes first.
 */
const manifests: ProductManifest[] = [
  {
    host: "github.com",
    path: /^\/weaveworks\/weave\/releases\/(?:download\/v2\.[\d.]+|latest\/download)\/weave-daemonset-k8s(?:-1\.(?:8|9|11))?\.yaml$/,
    objects: ofAddon("weave"),
  },
  {
    host: "github.com",
    path: /^\/flannel-io\/flannel\/releases\/(?:download\/v0\.[\d.]+|latest\/download)\/kube-flannel\.yml$/,
    objects: ofAddon("flannel", {}, { podCidr: "10.244.0.0/16" }),
  },
  {
    host: "raw.githubusercontent.com",
    path: /^\/(?:flannel-io|coreos)\/flannel\/(?:refs\/(?:heads|tags)\/)?[\w.-]+\/Documentation\/kube-flannel\.yml$/,
    objects: ofAddon("flannel", {}, { podCidr: "10.244.0.0/16" }),
  },
  {
    host: "raw.githubusercontent.com",
    path: /^\/projectcalico\/calico\/(?:refs\/(?:heads|tags)\/)?[\w.-]+\/manifests\/calico\.yaml$/,
    objects: ofAddon("calico", { overlay: "ipip" }),
  },
  {
    host: "raw.githubusercontent.com",
    path: /^\/projectcalico\/calico\/(?:refs\/(?:heads|tags)\/)?([\w.-]+)\/manifests\/tigera-operator\.yaml$/,
    objects: (_, [, release = ""]) => operatorManifest(release),
  },
  {
    host: "raw.githubusercontent.com",
    path: /^\/projectcalico\/calico\/(?:refs\/(?:heads|tags)\/)?[\w.-]+\/manifests\/custom-resources\.yaml$/,
    objects: () => customResourcesManifest,
  },
  {
    host: "raw.githubusercontent.com",
    path: /^\/rancher\/local-path-provisioner\/(?:refs\/(?:heads|tags)\/)?[\w.-]+\/deploy\/local-path-storage\.yaml$/,
    objects: ofAddon("local-path"),
  },
  ...(["cloud", "baremetal"] as const).map((provider): ProductManifest => ({
    host: "raw.githubusercontent.com",
    path: new RegExp(
      `^/kubernetes/ingress-nginx/(?:refs/(?:heads|tags)/)?[\\w.-]+/deploy/static/provider/${provider}/deploy\\.yaml$`,
    ),
    objects: ofAddon("ingress-nginx", { serviceType: provider === "cloud" ? "LoadBalancer" : "NodePort" }),
  })),
  {
    host: "raw.githubusercontent.com",
    path: /^\/metallb\/metallb\/(?:refs\/(?:heads|tags)\/)?(?:v(0\.1[345]\.\d+)|main)\/config\/manifests\/metallb-native\.yaml$/,
    objects: (cluster, [, release]) => ofAddon("metallb", release ? { release } : {})(cluster),
  },
  {
    host: "github.com",
    path: /^\/kubernetes-sigs\/metrics-server\/releases\/(?:download\/v(0\.[678]\.\d+)|latest\/download)\/(?:components|high-availability(?:-1\.21\+)?)\.yaml$/,
    objects: (cluster, [, release]) =>
      ofAddon("metrics-server", { kubeletInsecureTls: false, ...(release ? { release } : {}) })(cluster),
  },
  {
    host: "github.com",
    path: /^\/kubernetes-sigs\/gateway-api\/releases\/(?:download\/(v1\.[\d.]+)|latest\/download)\/(standard|experimental)-install\.yaml$/,
    objects: (_, [, release, channel]) => gatewayApiCrds(release, channel as Channel),
  },
  {
    host: "raw.githubusercontent.com",
    path: /^\/(?:nginx|nginxinc)\/nginx-gateway-fabric\/(?:refs\/tags\/)?v([12]\.\d+\.\d+)\/deploy\/crds\.yaml$/,
    objects: (_, [, release = ""]) => fabricCrds(majorOf(release)),
  },
  {
    host: "raw.githubusercontent.com",
    path: /^\/(?:nginx|nginxinc)\/nginx-gateway-fabric\/(?:refs\/tags\/)?v([12]\.\d+\.\d+)\/deploy\/(default|nodeport|experimental)\/deploy\.yaml$/,
    objects: (_, [, release = "", kind]) => [
      { apiVersion: "v1", kind: "Namespace", metadata: { name: "nginx-gateway" } },
      ...fabricObjects({
        ...{ release, namespace: "nginx-gateway", name: "nginx-gateway" },
        serviceType: kind === "nodeport" ? "NodePort" : "LoadBalancer",
        isExperimental: kind === "experimental",
      }),
    ],
  },
];

/** Hosts that the product has something of. */
export const productHosts: ReadonlySet<string> = new Set([...manifests.map(({ host }) => host), "ghcr.io"]);

/** The manifest behind a URL as YAML; undefined when the product has none. */
export function productManifest(host: string, path: string, cluster: ClusterShape): string | undefined {
  for (const one of manifests) {
    const match = one.host === host ? one.path.exec(path) : null;
    if (match) return manifestOf(one.objects(cluster, match));
  }
  return undefined;
}

export function manifestOf(objects: KubeObject[]): string {
  return objects.map((object) => `---\n${stringify(object)}`).join("");
}
