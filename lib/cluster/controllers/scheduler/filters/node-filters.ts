import { tolerates } from "../taints";
import { check, never, skip, type Filter } from "./filter";

const unschedulable = { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" };

/** kubernetes 1.34 pkg/scheduler/framework/plugins/nodeunschedulable. */
export const nodeUnschedulable: Filter = {
  name: "NodeUnschedulable",
  prepare: ({ spec }) =>
    tolerates(spec.tolerations, unschedulable)
      ? skip
      : check(({ node }) => (node.spec?.unschedulable ? never("node(s) were unschedulable") : undefined)),
};

/** plugins/nodename */
export const nodeName: Filter = {
  name: "NodeName",
  prepare: ({ spec }) =>
    spec.nodeName
      ? check(({ name }) =>
          name === spec.nodeName ? undefined : never("node(s) didn't match the requested node name"),
        )
      : skip,
};

/** plugins/tainttoleration: the first taint that the pod does not tolerate is named. */
export const taintToleration: Filter = {
  name: "TaintToleration",
  prepare: ({ spec }) =>
    check(({ node }) => {
      const taint = (node.spec?.taints ?? []).find(
        (one) =>
          (one.effect === "NoSchedule" || one.effect === "NoExecute") && !tolerates(spec.tolerations, one),
      );
      return taint && never(`node(s) had untolerated taint {${taint.key}: ${taint.value ?? ""}}`);
    }),
};
