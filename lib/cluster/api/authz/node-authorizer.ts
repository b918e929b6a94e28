import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { Registry } from "../registry/registry";
import type { UserInfo } from "../types";
import type { AuthorizationAttributes, Authorizer, Decision } from "./authorizer";
import { ruleAllows, type PolicyRule } from "./rbac";

const prefix = "system:node:";

/** The node that a kubelet's identity stands for. */
export function nodeOf({ name, groups }: UserInfo): string | undefined {
  return groups.includes("system:nodes") && name.startsWith(prefix) ? name.slice(prefix.length) : undefined;
}

interface NodePod extends KubeObject {
  spec: {
    nodeName?: string;
    serviceAccountName?: string;
    imagePullSecrets?: { name: string }[];
    volumes?: unknown[];
    containers?: { env?: unknown[]; envFrom?: unknown[] }[];
    initContainers?: { env?: unknown[]; envFrom?: unknown[] }[];
  };
}

/**
 * What kubelets may do (plugin/pkg/auth/authorizer/node): the rules of the role system:node, and of secrets, config
 * maps and volume claims only those that a pod on the node refers to.
 */
export class NodeAuthorizer implements Authorizer {
  constructor(readonly registry: Registry) {}

  authorize(attributes: AuthorizationAttributes): Decision {
    const node = nodeOf(attributes.user);
    if (node === undefined) return { allowed: false, reason: "" };
    const { group, resource, verb, name, namespace } = attributes;
    const id = `${group}/${resource}`;
    if (group === "" && ["secrets", "configmaps", "persistentvolumeclaims"].includes(resource)) {
      if (verb !== "get" && verb !== "list" && verb !== "watch")
        return refused("can only read resources of this type");
      if (!name) return refused("No Object name found");
      return this.#refersTo(node, resource, namespace, name)
        ? { allowed: true, reason: "" }
        : refused(`no relationship found between node '${node}' and this object`);
    }
    if (id === "/serviceaccounts" && attributes.subresource === "token" && verb === "create") {
      const uses = this.#pods(node, namespace).some(({ spec }) => spec.serviceAccountName === name);
      return uses
        ? { allowed: true, reason: "" }
        : refused(`no relationship found between node '${node}' and this object`);
    }
    if (id === "coordination.k8s.io/leases" && (namespace !== "kube-node-lease" || (name && name !== node)))
      return refused("can only access node lease with the same name as the requesting node");
    const role = this.registry.read("rbac.authorization.k8s.io", "clusterroles", undefined, "system:node");
    const rules = (role?.rules as PolicyRule[] | undefined) ?? [];
    return { allowed: rules.some((rule) => ruleAllows(rule, attributes)), reason: "" };
  }

  #pods(node: string, namespace: string): NodePod[] {
    return (this.registry.readAll("", "pods", namespace) as NodePod[]).filter(
      ({ spec }) => spec.nodeName === node,
    );
  }

  #refersTo(node: string, resource: string, namespace: string, name: string): boolean {
    return this.#pods(node, namespace).some(({ spec }) => {
      if (resource === "secrets" && spec.imagePullSecrets?.some((one) => one.name === name)) return true;
      const parts = [
        spec.volumes,
        ...[...(spec.containers ?? []), ...(spec.initContainers ?? [])].flatMap(({ env, envFrom }) => [
          env,
          envFrom,
        ]),
      ];
      return parts.some((part) => mentions(part, resource, name));
    });
  }
}

const refused = (reason: string): Decision => ({ allowed: false, reason });

const references: Record<string, Record<string, string>> = {
  secrets: { secret: "secretName", secretKeyRef: "name", secretRef: "name" },
  configmaps: { configMap: "name", configMapKeyRef: "name", configMapRef: "name" },
  persistentvolumeclaims: { persistentVolumeClaim: "claimName" },
};

/** Whether a volume or environment source names the object. A projected secret says `name`. */
function mentions(value: unknown, resource: string, name: string): boolean {
  if (Array.isArray(value)) return value.some((item) => mentions(item, resource, name));
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(([key, member]: [string, unknown]) => {
    const field = references[resource]![key];
    const source = member as Record<string, unknown> | null;
    if (
      field &&
      typeof source === "object" &&
      source !== null &&
      (source[field] === name || source.name === name)
    )
      return true;
    return mentions(member, resource, name);
  });
}

/** The first that allows wins; what the others say of a refusal is told together. */
export function firstAllowing(...authorizers: Authorizer[]): Authorizer {
  return {
    authorize(attributes) {
      const reasons: string[] = [];
      for (const authorizer of authorizers) {
        const decision = authorizer.authorize(attributes);
        if (decision.allowed) return decision;
        if (decision.reason) reasons.push(decision.reason);
      }
      return { allowed: false, reason: reasons.join(", ") };
    },
  };
}
