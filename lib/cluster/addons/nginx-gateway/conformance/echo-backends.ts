import type { LocalImage } from "@/lib/cluster/addons/ingress-nginx/testing/local-nginx";
import { readCluster } from "./cluster";
import type { ConformanceTest } from "./expectations";

/** NGINX Gateway Fabric's nginx, with the program that tells what it was asked. */
export const gatewayImage: LocalImage = {
  layers: ["gateway-echo", "nginx-gateway-fabric-nginx", "debian"],
  pidFile: "/run/nginx/nginx.pid",
};

/** An nginx.conf that stands for the pods of all tests' Services. */
export function echoBackends(folder: string, tests: ConformanceTest[]): string {
  const servers = new Map<string, string>();
  for (const { manifests } of tests)
    for (const { address, namespace, name } of readCluster(folder, manifests).backends)
      servers.set(
        address,
        `server { listen ${address}:3000${name.startsWith("grpc-") ? " http2" : ""}; listen ${address}:3001 http2; set $echo_namespace ${namespace}; set $echo_pod ${name}-0; include /etc/echo/location.conf; }`,
      );
  return `load_module modules/ngx_http_js_module.so; pid /tmp/backends.pid; worker_processes 1; events {}
http { access_log off; underscores_in_headers on; js_import echo from /etc/echo/echo.js; ${[...servers.values()].join("\n")} }`;
}
