import { amountsOf, requestsOf } from "../requests";
import { check, type Filter } from "./filter";

/** kubernetes 1.34 plugins/noderesources/fit.go: what the node lacks, one reason each. */
export const resourcesFit: Filter = {
  name: "NodeResourcesFit",
  prepare({ spec }) {
    const wanted = Object.entries(requestsOf(spec))
      .filter(([, amount]) => amount > 0)
      .sort(([a], [b]) => rank(a) - rank(b));
    return check((info) => {
      const allocatable = amountsOf(info.node.status?.allocatable);
      const reasons: string[] = [];
      let isResolvable = true;
      if (info.pods.length + 1 > (allocatable.pods ?? 0)) reasons.push("Too many pods");
      for (const [resource, amount] of wanted) {
        const total = allocatable[resource] ?? 0;
        if (amount <= total - (info.requested[resource] ?? 0)) continue;
        reasons.push(`Insufficient ${resource}`);
        if (amount > total) isResolvable = false;
      }
      return reasons.length > 0 ? { reasons, isResolvable } : undefined;
    });
  },
};

const rank = (resource: string) => (["cpu", "memory", "ephemeral-storage"].indexOf(resource) + 4) % 4;
