import type { IncomingMessage } from "node:http";
import type { TLSSocket } from "node:tls";
import { unauthorized, badRequest } from "@/lib/cluster/client/status";
import type { Api } from "../api";
import { parseServiceAccountName, serviceAccountGroups } from "../authn/service-account-name";
import { checkAllowed } from "../authz/check";
import type { UserInfo } from "../types";

const anonymous: UserInfo = { name: "system:anonymous", groups: ["system:unauthenticated"] };

/** Who sends this: a client certificate of our CA, a bearer token, or nobody. Throws 401 for a token that is wrong. */
export function authenticate(api: Api, request: IncomingMessage): UserInfo {
  const own = fromCertificate(request.socket as TLSSocket) ?? fromToken(api, request) ?? anonymous;
  return impersonated(api, request, own);
}

/** CN is the name, every O a group. A TLS session resumed still carries its certificate. */
function fromCertificate(socket: TLSSocket): UserInfo | undefined {
  const cached = certificateUsers.get(socket);
  if (cached) return cached;
  const { subject, fingerprint256 } = socket.getPeerCertificate?.() ?? {};
  // A certificate that is not ours, or not valid any more, is worse than none.
  if (subject && !socket.authorized) throw unauthorized();
  const names = subject?.CN as string | string[] | undefined;
  const name = Array.isArray(names) ? names[0] : names;
  if (!name) return undefined;
  const organizations = subject.O as string | string[] | undefined;
  const groups =
    organizations === undefined ? [] : Array.isArray(organizations) ? organizations : [organizations];
  const user = {
    name,
    groups: [...groups, "system:authenticated"],
    extra: { "authentication.kubernetes.io/credential-id": [`X509SHA256=${sha256Of(fingerprint256)}`] },
  };
  certificateUsers.set(socket, user);
  return user;
}

/** "AB:CD:..." as upstream writes it: "abcd...". */
const sha256Of = (fingerprint: string | undefined) => (fingerprint ?? "").replaceAll(":", "").toLowerCase();

const certificateUsers = new WeakMap<TLSSocket, UserInfo>();

function fromToken(api: Api, request: IncomingMessage): UserInfo | undefined {
  const header = request.headers.authorization;
  const token = header ? /^Bearer\s+(\S+)$/i.exec(header)?.[1] : webSocketToken(request);
  if (!token) return undefined;
  const found = api.tokens.authenticate(token);
  if (!found) throw unauthorized();
  return found.user;
}

/** Browsers cannot set headers on WebSockets: the token comes as a subprotocol. */
function webSocketToken(request: IncomingMessage): string | undefined {
  const prefix = "base64url.bearer.authorization.k8s.io.";
  const protocol = request.headers["sec-websocket-protocol"]?.split(",").map((one) => one.trim());
  const encoded = protocol?.find((one) => one.startsWith(prefix))?.slice(prefix.length);
  return encoded ? Buffer.from(encoded, "base64url").toString("utf8") : undefined;
}

/** Impersonate-User, -Group, -Uid and -Extra-*, each of which the caller must be allowed to impersonate. */
function impersonated(api: Api, request: IncomingMessage, own: UserInfo): UserInfo {
  const name = single(request.headers["impersonate-user"]);
  const groups = request.headersDistinct["impersonate-group"] ?? [];
  const uid = single(request.headers["impersonate-uid"]);
  const extras = Object.entries(request.headersDistinct).filter(([header]) =>
    header.startsWith("impersonate-extra-"),
  );
  if (!name) {
    if (groups.length > 0 || uid || extras.length > 0)
      throw badRequest("requested [{Group  }] without impersonating a user");
    return own;
  }
  const account = parseServiceAccountName(name);
  const ask = (resource: string, what: string, group = "", namespace = "", subresource = "") =>
    checkAllowed(api.authorizer, {
      user: own,
      verb: "impersonate",
      group,
      version: "v1",
      resource,
      subresource,
      namespace,
      name: what,
    });
  if (account) ask("serviceaccounts", account.name, "", account.namespace);
  else ask("users", name);
  for (const group of groups) ask("groups", group);
  if (uid) ask("uids", uid, "authentication.k8s.io");
  const extra: Record<string, string[]> = {};
  for (const [header, values = []] of extras) {
    const key = decodeURIComponent(header.slice("impersonate-extra-".length));
    for (const value of values) ask("userextras", value, "authentication.k8s.io", "", key);
    extra[key] = values;
  }
  const implied = account && groups.length === 0 ? serviceAccountGroups(account.namespace) : groups;
  const both =
    implied.includes("system:authenticated") || name === anonymous.name
      ? implied
      : [...implied, "system:authenticated"];
  return { name, groups: both, ...(uid ? { uid } : {}), ...(extras.length > 0 ? { extra } : {}) };
}

const single = (header: string | string[] | undefined) => (Array.isArray(header) ? header[0] : header);
