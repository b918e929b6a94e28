import { facts, proxyVerbs, status, statusAndScale, storedVerbs, subresource } from "./facts";

const core = facts("", "v1");

/** The core group, as kubernetes 1.34 serves it. */
export const coreKinds = [
  core(true, "Binding", "bindings", { verbs: ["create"] }),
  core(false, "ComponentStatus", "componentstatuses", {
    shortNames: ["cs"],
    verbs: ["get", "list"],
    deprecationWarning: "v1 ComponentStatus is deprecated in v1.19+",
  }),
  core(true, "ConfigMap", "configmaps", { shortNames: ["cm"] }),
  core(true, "Endpoints", "endpoints", {
    shortNames: ["ep"],
    deprecationWarning: "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
  }),
  core(true, "Event", "events", { shortNames: ["ev"] }),
  core(true, "LimitRange", "limitranges", { shortNames: ["limits"] }),
  core(false, "Namespace", "namespaces", {
    shortNames: ["ns"],
    verbs: storedVerbs.filter((verb) => verb !== "deletecollection"),
    subresources: status,
    otherSubresources: [subresource("finalize", "Namespace", ["update"])],
  }),
  core(false, "Node", "nodes", {
    shortNames: ["no"],
    subresources: status,
    otherSubresources: [subresource("proxy", "NodeProxyOptions", proxyVerbs)],
  }),
  core(true, "PersistentVolumeClaim", "persistentvolumeclaims", {
    shortNames: ["pvc"],
    subresources: status,
  }),
  core(false, "PersistentVolume", "persistentvolumes", { shortNames: ["pv"], subresources: status }),
  core(true, "Pod", "pods", {
    shortNames: ["po"],
    categories: ["all"],
    subresources: status,
    otherSubresources: [
      subresource("attach", "PodAttachOptions", ["create", "get"]),
      subresource("binding", "Binding", ["create"]),
      subresource("ephemeralcontainers", "Pod", ["get", "patch", "update"]),
      subresource("eviction", "Eviction", ["create"], "policy/v1"),
      subresource("exec", "PodExecOptions", ["create", "get"]),
      subresource("log", "Pod", ["get"]),
      subresource("portforward", "PodPortForwardOptions", ["create", "get"]),
      subresource("proxy", "PodProxyOptions", proxyVerbs),
      subresource("resize", "Pod", ["get", "patch", "update"]),
    ],
  }),
  core(true, "PodTemplate", "podtemplates"),
  core(true, "ReplicationController", "replicationcontrollers", {
    shortNames: ["rc"],
    categories: ["all"],
    subresources: statusAndScale,
  }),
  core(true, "ResourceQuota", "resourcequotas", { shortNames: ["quota"], subresources: status }),
  core(true, "Secret", "secrets"),
  core(true, "ServiceAccount", "serviceaccounts", {
    shortNames: ["sa"],
    otherSubresources: [subresource("token", "TokenRequest", ["create"], "authentication.k8s.io/v1")],
  }),
  core(true, "Service", "services", {
    shortNames: ["svc"],
    categories: ["all"],
    subresources: status,
    otherSubresources: [subresource("proxy", "ServiceProxyOptions", proxyVerbs)],
  }),
];
