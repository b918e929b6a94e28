/** Where things are in the data plane's container; all of it but nginx.conf itself is written by the controller. */
export const httpConf = "/etc/nginx/conf.d/http.conf";
export const tableFile = "/etc/nginx/conf.d/matches.json";
export const streamConf = "/etc/nginx/stream-conf.d/stream.conf";
export const statusSocket = "/var/run/nginx/nginx-status.sock";

/** Of the Secret "namespace/name". */
export function certificatePath(secret: string): string {
  return `/etc/nginx/secrets/ssl_keypair_${secret.replace("/", "_")}.pem`;
}

/** What a port's stream server hands connections on to. */
export function innerSocket(port: number, kind: "https" | "passed" | "http1" | "http2"): string {
  return `unix:/var/run/nginx/${kind}-${port}.sock`;
}
