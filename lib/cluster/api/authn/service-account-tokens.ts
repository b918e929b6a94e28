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
import type { Secret } from "@/lib/cluster/resources/types";
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
}

const legacyIssuer = "kubernetes/serviceaccount";

/** Tokens of secrets, which never end. */
interface LegacyClaims {
  iss: typeof legacyIssuer;
  sub: string;
  "kubernetes.io/serviceaccount/namespace": string;
  "kubernetes.io/serviceaccount/secret.name": string;
  "kubernetes.io/serviceaccount/service-account.name": string;
  "kubernetes.io/serviceaccount/service-account.uid": string;
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
    const lifetime = request.expirationSeconds ?? 3600;
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
    return { token: this.#signed(claims), expiresAtMs: (nowSeconds + lifetime) * 1000 };
  }

  /** The token of a secret of type service-account-token: it stands as long as account and secret do. */
  issueLegacy({ metadata: { name, namespace, uid } }: KubeObject, secret: string): string {
    return this.#signed({
      iss: legacyIssuer,
      "kubernetes.io/serviceaccount/namespace": namespace!,
      "kubernetes.io/serviceaccount/secret.name": secret,
      "kubernetes.io/serviceaccount/service-account.name": name,
      "kubernetes.io/serviceaccount/service-account.uid": uid!,
      sub: serviceAccountUser(namespace!, name),
    } satisfies LegacyClaims);
  }

  #signed(claims: object): string {
    const text = `${encode({ alg: "ES256", kid: this.#keyId })}.${encode(claims)}`;
    const signature = sign("sha256", Buffer.from(text), { key: this.#key, dsaEncoding: "ieee-p1363" });
    return `${text}.${signature.toString("base64url")}`;
  }

  /** Who the token stands for; undefined when it is not ours, expired, or what it is bound to is gone. */
  authenticate(
    token: string,
    audiences = [this.audience],
  ): { user: UserInfo; audiences: string[] } | undefined {
    const claims = this.#verified(token);
    if (!claims) return undefined;
    if (claims.iss === legacyIssuer) {
      const user = this.#legacyUser(claims as LegacyClaims, token);
      const shared = audiences.filter((audience) => audience === this.audience);
      return user && shared.length > 0 ? { user, audiences: shared } : undefined;
    }
    return this.#boundUser(claims as Claims, audiences);
  }

  /** The secret must still hold this very token. */
  #legacyUser(claims: LegacyClaims, token: string): UserInfo | undefined {
    const namespace = claims["kubernetes.io/serviceaccount/namespace"];
    const name = claims["kubernetes.io/serviceaccount/service-account.name"];
    const uid = claims["kubernetes.io/serviceaccount/service-account.uid"];
    const secretName = claims["kubernetes.io/serviceaccount/secret.name"];
    const account = this.registry.read("", "serviceaccounts", namespace, name);
    const secret = this.registry.read("", "secrets", namespace, secretName) as Secret | undefined;
    if (account?.metadata.uid !== uid || !secret || secret.metadata.deletionTimestamp) return undefined;
    if (Buffer.from(secret.data?.token ?? "", "base64").toString() !== token) return undefined;
    return { name: serviceAccountUser(namespace, name), uid, groups: serviceAccountGroups(namespace) };
  }

  #boundUser(claims: Claims, audiences: string[]): { user: UserInfo; audiences: string[] } | undefined {
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

  #verified(token: string): Claims | LegacyClaims | undefined {
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
      const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as Claims | LegacyClaims;
      return claims.iss === this.audience || claims.iss === legacyIssuer ? claims : undefined;
    } catch {
      return undefined;
    }
  }
}

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
