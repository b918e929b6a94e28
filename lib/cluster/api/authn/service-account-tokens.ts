import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
  type KeyObject,
} from "node:crypto";
import type { Clock } from "@/lib/core/clock";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { Registry } from "../registry/registry";
import type { Journal } from "../store/journal";
import type { UserInfo } from "../types";
import { serviceAccountGroups, serviceAccountUser } from "./service-account-name";

interface Claims {
  iss: string;
  sub: string;
  aud: string[];
  iat: number;
  nbf: number;
  exp: number;
  jti?: string;
  "kubernetes.io": {
    namespace: string;
    serviceaccount: { name: string; uid: string };
    pod?: { name: string; uid: string };
    secret?: { name: string; uid: string };
    node?: { name: string; uid: string };
  };
}

export interface TokenRequest {
  audiences?: string[];
  expirationSeconds?: number;
  boundObject?: KubeObject;
  /** Secrets of type service-account-token hold tokens that never end. */
  legacy?: boolean;
}

/** Signs and checks ServiceAccount tokens (JWT, ES256). The key lives in the journal: tokens survive a restart. */
export class TokenIssuer {
  readonly #key: KeyObject;
  readonly #public: KeyObject;
  readonly #keyId: string;

  constructor(
    readonly registry: Registry,
    journal: Journal,
    readonly clock: Clock,
    keyPem?: string,
  ) {
    let pem = keyPem ?? journal.readMeta("serviceAccountKey");
    if (!pem) {
      const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
      pem = privateKey.export({ type: "pkcs8", format: "pem" }) as string;
      journal.writeMeta("serviceAccountKey", pem);
    }
    this.#key = createPrivateKey(pem);
    this.#public = createPublicKey(this.#key);
    const der = this.#public.export({ type: "spki", format: "der" });
    this.#keyId = createHash("sha256").update(der).digest("base64url");
  }

  get audience(): string {
    return `https://kubernetes.default.svc.${this.registry.facts.domain}`;
  }

  /** The public key as /openid/v1/jwks lists it. */
  jwks(): { keys: object[] } {
    const { kty, crv, x, y } = this.#public.export({ format: "jwk" });
    return { keys: [{ use: "sig", kty, kid: this.#keyId, crv, alg: "ES256", x, y }] };
  }

  issue(account: KubeObject, request: TokenRequest): { token: string; expiresAtMs: number } {
    const nowSeconds = Math.floor(this.clock.now() / 1000);
    const lifetime = request.legacy ? 100 * 365 * 86_400 : (request.expirationSeconds ?? 3600);
    const { name, namespace, uid } = account.metadata;
    const bound = request.boundObject;
    const claims: Claims = {
      iss: this.audience,
      sub: serviceAccountUser(namespace!, name),
      aud: request.audiences?.length ? request.audiences : [this.audience],
      iat: nowSeconds,
      nbf: nowSeconds,
      exp: nowSeconds + lifetime,
      "kubernetes.io": {
        namespace: namespace!,
        serviceaccount: { name, uid: uid! },
        ...(bound
          ? { [bound.kind.toLowerCase()]: { name: bound.metadata.name, uid: bound.metadata.uid! } }
          : {}),
      },
    };
    const header = { alg: "ES256", kid: this.#keyId };
    const text = `${encode(header)}.${encode(claims)}`;
    const signature = sign("sha256", Buffer.from(text), { key: this.#key, dsaEncoding: "ieee-p1363" });
    return {
      token: `${text}.${signature.toString("base64url")}`,
      expiresAtMs: (nowSeconds + lifetime) * 1000,
    };
  }

  /** Who the token stands for; undefined when it is not ours, expired, or what it is bound to is gone. */
  authenticate(
    token: string,
    audiences = [this.audience],
  ): { user: UserInfo; audiences: string[] } | undefined {
    const claims = this.#verified(token);
    if (!claims) return undefined;
    const nowSeconds = this.clock.now() / 1000;
    if (claims.exp <= nowSeconds || claims.nbf > nowSeconds + 60) return undefined;
    const shared = claims.aud.filter((audience) => audiences.includes(audience));
    if (shared.length === 0) return undefined;
    const { namespace, serviceaccount, ...bound } = claims["kubernetes.io"];
    const account = this.registry.read("", "serviceaccounts", namespace, serviceaccount.name);
    if (!account || account.metadata.uid !== serviceaccount.uid) return undefined;
    for (const kind of ["pod", "secret", "node"] as const) {
      const ref = bound[kind];
      if (!ref) continue;
      const object = this.registry.read("", `${kind}s`, kind === "node" ? undefined : namespace, ref.name);
      if (object?.metadata.uid !== ref.uid) return undefined;
    }
    const pod = bound.pod;
    const user: UserInfo = {
      name: serviceAccountUser(namespace, serviceaccount.name),
      uid: serviceaccount.uid,
      groups: serviceAccountGroups(namespace),
      ...(pod
        ? {
            extra: {
              "authentication.kubernetes.io/pod-name": [pod.name],
              "authentication.kubernetes.io/pod-uid": [pod.uid],
            },
          }
        : {}),
    };
    return { user, audiences: shared };
  }

  #verified(token: string): Claims | undefined {
    const [header, payload, signature, ...rest] = token.split(".");
    if (!header || !payload || !signature || rest.length > 0) return undefined;
    try {
      const { alg, kid } = JSON.parse(Buffer.from(header, "base64url").toString()) as {
        alg?: string;
        kid?: string;
      };
      if (alg !== "ES256" || kid !== this.#keyId) return undefined;
      const key = { key: this.#public, dsaEncoding: "ieee-p1363" as const };
      if (!verify("sha256", Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, "base64url")))
        return undefined;
      const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as Claims;
      return claims.iss === this.audience ? claims : undefined;
    } catch {
      return undefined;
    }
  }
}

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
