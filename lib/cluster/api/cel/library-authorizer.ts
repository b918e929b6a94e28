import type { Environment } from "@marcbachmann/cel-js";
import type { AuthorizationAttributes, Authorizer, Decision } from "../authz/authorizer";
import { serviceAccountGroups, serviceAccountUser } from "../authn/service-account-name";
import type { UserInfo } from "../types";
import { spend } from "./budget";

/** Of one decision (apiserver 1.34 pkg/apis/cel/config.go). */
const decisionCost = 350_000;
const dnsLabel = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const dnsSubdomain = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** What a check is about; own properties of the values below would be fields of CEL. */
type Asked = Omit<AuthorizationAttributes, "user" | "verb">;

const nothing: Asked = { group: "", version: "*", resource: "", subresource: "", namespace: "", name: "" };

class CelDecision {
  readonly #decision: Decision;
  constructor(decision: Decision) {
    this.#decision = decision;
  }

  get allowed(): boolean {
    return this.#decision.allowed;
  }

  get reason(): string {
    return this.#decision.reason;
  }
}

/** Of a path, of a group's resources, or of one resource. */
class Check {
  readonly #authorizer: Authorizer;
  readonly #user: UserInfo;
  readonly #asked: Asked;
  constructor(authorizer: Authorizer, user: UserInfo, asked: Asked) {
    this.#authorizer = authorizer;
    this.#user = user;
    this.#asked = asked;
  }

  with(more: Partial<Asked>): ResourceCheck {
    return new ResourceCheck(this.#authorizer, this.#user, { ...this.#asked, ...more });
  }

  check(verb: string): CelDecision {
    spend(decisionCost);
    return new CelDecision(this.#authorizer.authorize({ ...this.#asked, user: this.#user, verb }));
  }
}
class PathCheck extends Check {}
class GroupCheck extends Check {}
class ResourceCheck extends Check {}

/** The variable `authorizer`: asks what the author of a request, or a service account, may do. */
export class CelAuthorizer {
  readonly #authorizer: Authorizer;
  readonly #user: UserInfo;
  /** A check of the resource that the request is about. */
  readonly requestResource: ResourceCheck;

  constructor(authorizer: Authorizer, user: UserInfo, request: Partial<Asked> = {}) {
    this.#authorizer = authorizer;
    this.#user = user;
    this.requestResource = new ResourceCheck(authorizer, user, { ...nothing, ...request });
  }

  path(path: string): PathCheck {
    if (path === "") throw new Error("path must not be empty");
    return new PathCheck(this.#authorizer, this.#user, { ...nothing, version: "", path });
  }

  group(group: string): GroupCheck {
    return new GroupCheck(this.#authorizer, this.#user, { ...nothing, group });
  }

  serviceAccount(namespace: string, name: string): CelAuthorizer {
    if (!dnsSubdomain.test(name)) throw new Error("Invalid service account name");
    if (!dnsLabel.test(namespace)) throw new Error("Invalid service account namespace");
    const groups = serviceAccountGroups(namespace);
    return new CelAuthorizer(this.#authorizer, { name: serviceAccountUser(namespace, name), groups });
  }
}

const at = "kubernetes.authorization";

/** The authorizer with its checks and decisions (apiserver 1.34 pkg/cel/library/authz.go). */
export function addAuthorizerLibrary(environment: Environment): Environment {
  environment
    .registerType(`${at}.Authorizer`, { ctor: CelAuthorizer })
    .registerType(`${at}.PathCheck`, { ctor: PathCheck })
    .registerType(`${at}.GroupCheck`, { ctor: GroupCheck })
    .registerType(`${at}.ResourceCheck`, { ctor: ResourceCheck })
    .registerType(`${at}.Decision`, { ctor: CelDecision })
    .registerFunction(`${at}.Authorizer.path(string): ${at}.PathCheck`, (one: CelAuthorizer, path: string) =>
      one.path(path),
    )
    .registerFunction(
      `${at}.Authorizer.group(string): ${at}.GroupCheck`,
      (one: CelAuthorizer, group: string) => one.group(group),
    )
    .registerFunction(
      `${at}.Authorizer.serviceAccount(string, string): ${at}.Authorizer`,
      (one: CelAuthorizer, namespace: string, name: string) => one.serviceAccount(namespace, name),
    )
    .registerFunction(
      `${at}.GroupCheck.resource(string): ${at}.ResourceCheck`,
      (one: Check, resource: string) => {
        if (resource === "") throw new Error("resource must not be empty");
        return one.with({ resource });
      },
    )
    .registerFunction(`${at}.Decision.allowed(): bool`, (one: CelDecision) => one.allowed)
    .registerFunction(`${at}.Decision.reason(): string`, (one: CelDecision) => one.reason)
    // Roles are always there to be read: no decision fails.
    .registerFunction(`${at}.Decision.errored(): bool`, () => false)
    .registerFunction(`${at}.Decision.error(): string`, () => "");
  for (const field of ["subresource", "namespace", "name"] as const)
    environment.registerFunction(
      `${at}.ResourceCheck.${field}(string): ${at}.ResourceCheck`,
      (one: Check, value: string) => one.with({ [field]: value }),
    );
  // Roles do not tell by selectors.
  for (const selector of ["fieldSelector", "labelSelector"])
    environment.registerFunction(
      `${at}.ResourceCheck.${selector}(string): ${at}.ResourceCheck`,
      (one: Check) => one.with({}),
    );
  for (const type of ["PathCheck", "ResourceCheck"])
    environment.registerFunction(`${at}.${type}.check(string): ${at}.Decision`, (one: Check, verb: string) =>
      one.check(verb),
    );
  return environment;
}
