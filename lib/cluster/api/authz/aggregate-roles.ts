import { selectorOf, type LabelSelectorObject } from "@/lib/cluster/client/label-selector";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { Api } from "../api";
import { deepEqual } from "../json";
import { internalContext } from "../registry/registry";
import { updateObject } from "../registry/update";
import type { PolicyRule } from "./rbac";

interface AggregatedRole extends KubeObject {
  aggregationRule?: { clusterRoleSelectors?: LabelSelectorObject[] };
  rules?: PolicyRule[];
}

/** Keeps the rules of aggregated ClusterRoles equal to those of the roles that they select. Returns the release. */
export function aggregateRoles(api: Api): () => void {
  const { registry } = api;
  const resource = registry.resource({
    group: "rbac.authorization.k8s.io",
    version: "v1",
    plural: "clusterroles",
  });
  let running: Promise<void> | undefined;
  let again = false;
  const run = async () => {
    do {
      again = false;
      await aggregateOnce(api);
    } while (again);
    running = undefined;
  };
  return resource.collection.subscribe(() => {
    again = true;
    running ??= run().catch((failure: unknown) => {
      running = undefined;
      api.logger.error({ err: failure }, "cluster roles could not be aggregated");
    });
  });
}

/** One pass; roles may select aggregated ones, so callers repeat until nothing changes. */
export async function aggregateOnce({ registry }: Api): Promise<void> {
  const resource = registry.resource({
    group: "rbac.authorization.k8s.io",
    version: "v1",
    plural: "clusterroles",
  });
  const context = internalContext("clusterrole-aggregation-controller");
  for (let pass = 0; pass < 4; pass++) {
    let changed = false;
    const roles = resource.collection.list().map((entry) => entry.object as AggregatedRole);
    for (const role of roles) {
      const selectors = role.aggregationRule?.clusterRoleSelectors?.map(selectorOf);
      if (!selectors) continue;
      const rules: PolicyRule[] = [];
      for (const other of roles) {
        if (other === role || !selectors.some((matches) => matches(other.metadata.labels))) continue;
        for (const rule of other.rules ?? [])
          if (!rules.some((one) => deepEqual(one, rule))) rules.push(rule);
      }
      if (deepEqual(rules, role.rules ?? [])) continue;
      changed = true;
      await updateObject(
        registry,
        resource,
        undefined,
        role.metadata.name,
        (current) => {
          const { resourceVersion: _version, ...metadata } = current.metadata;
          return { ...current, metadata, rules } as KubeObject;
        },
        context,
      );
    }
    if (!changed) return;
  }
}
