/** Where things are in the data plane's container; all of it but nginx.conf itself is written by the controller. */
export const httpConf = "/etc/nginx/conf.d/http.conf";
export const tableFile = "/etc/nginx/conf.d/matches.json";
export const streamConf = "/etc/nginx/stream-conf.d/stream.conf";
export const statusSocket = "/var/run/nginx/nginx-status.sock";

/** Of the Secret "namespace/name". */
export function certificatePath(secret: string): string {
  return `/etc/nginx/secrets/ssl_keypair_${secret.replace("/", "_")}.pem`;
}

/** Of the ConfigMap "namespace/name" with a backend's authority; the image's own without one. */
export function authorityPath(configMap: string | undefined): string {
  return configMap === undefined
    ? "/etc/ssl/certs/ca-certificates.crt"
    : `/etc/nginx/secrets/cert_bundle_${configMap.replace("/", "_")}.crt`;
}

/** What a port's stream server hands connections on to. */
export function innerSocket(port: number, kind: "https" | "passed" | "http1" | "http2"): string {
  return `unix:/var/run/nginx/${kind}-${port}.sock`;
}
