/** Where things are in the controller's container, and on which ports it listens. */

export interface Ports {
  http: number;
  https: number;
  /** Of the server that answers 404. */
  default: number;
  status: number;
}

export function certificatePath(key: string): string {
  return key === "default"
    ? "/etc/ingress-controller/ssl/default-fake-certificate.pem"
    : `/etc/ingress-controller/ssl/${key.replace("/", "-")}.pem`;
}

export function authFile(namespace: string, uid: string): string {
  return `/etc/ingress-controller/auth/${namespace}-${uid}.passwd`;
}

export function authPath(uid: string): string {
  return `/_external-auth-${uid}`;
}
