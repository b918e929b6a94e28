const line = "-------------------------------------------------------------------------------";

/** What the controller prints first (ingress-nginx, version/version.go). */
export function banner(version: string): string[] {
  return [
    line,
    "NGINX Ingress controller",
    `  Release:       ${version}`,
    "  Build:         unknown",
    "  Repository:    https://github.com/kubernetes/ingress-nginx",
    "  nginx version: nginx/1.27.1",
    "",
    line,
    "",
  ];
}
