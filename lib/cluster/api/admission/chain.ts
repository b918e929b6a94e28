import type { Authorizer } from "../authz/authorizer";
import type { Backends } from "../backends/backends";
import { certificatePlugins } from "./certificates";
import { claimResize } from "./claim-resize";
import { defaultIngressClass, defaultStorageClass } from "./default-classes";
import { defaultTolerationSeconds } from "./default-toleration-seconds";
import { limitRanger } from "./limit-ranger";
import { namespaceLifecycle } from "./namespace-lifecycle";
import { nodeRestriction } from "./node-restriction";
import type { AdmissionPlugin } from "./plugin";
import { podSecurity } from "./pod-security/pod-security";
import { priority } from "./priority";
import { resourceQuota } from "./resource-quota";
import { runtimeClass } from "./runtime-class";
import { validatingAdmissionPolicy } from "./validating-policy/validating-policy";
import { serviceAccount } from "./service-account";
import { taintNodesByCondition } from "./taint-nodes";
import { mutatingWebhooks, validatingWebhooks } from "./webhooks/webhooks";

/** In upstream's order (kubernetes 1.34 pkg/kubeapiserver/options/plugins.go). */
export function admissionChain(backends: Backends, authorizer: Authorizer): AdmissionPlugin[] {
  return [
    namespaceLifecycle,
    limitRanger,
    serviceAccount,
    nodeRestriction,
    taintNodesByCondition,
    podSecurity,
    priority,
    defaultTolerationSeconds,
    defaultStorageClass,
    claimResize,
    runtimeClass,
    ...certificatePlugins(authorizer),
    defaultIngressClass,
    mutatingWebhooks(backends, authorizer),
    validatingAdmissionPolicy(authorizer),
    validatingWebhooks(backends, authorizer),
    resourceQuota,
  ];
}
