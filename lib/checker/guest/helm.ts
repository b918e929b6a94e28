/** As `helm list -o json` has it. */
export interface HelmRelease {
  name: string;
  namespace: string;
  revision: number;
  /** "deployed", "failed", "pending-install" ... */
  status: string;
  /** With its version: "ingress-nginx-4.13.0". */
  chart: string;
  appVersion: string;
}

/** The cluster's admin: what a student does to ~/.kube/config is another matter. */
const helm = ["helm", "--kubeconfig", "/etc/kubernetes/admin.conf"];
export const helmListCommand = [...helm, "list", "--all-namespaces", "-o", "json"];

export function helmValuesCommand(namespace: string, name: string): string[] {
  return [...helm, "get", "values", name, "--namespace", namespace, "-o", "json"];
}

export function parseHelmList(text: string): HelmRelease[] {
  const releases = JSON.parse(text || "[]") as Record<string, string>[];
  return releases.map(({ name = "", namespace = "", revision, status = "", chart = "", app_version }) => ({
    ...{ name, namespace, status, chart },
    revision: Number(revision),
    appVersion: app_version ?? "",
  }));
}
