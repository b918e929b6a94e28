import type { ResourceRef } from "./client";

const ref = (group: string, version: string, plural: string): ResourceRef => ({ group, version, plural });

/** The collections that controllers and nodes work with. */
export const refs = {
  configMaps: ref("", "v1", "configmaps"),
  endpoints: ref("", "v1", "endpoints"),
  events: ref("", "v1", "events"),
  namespaces: ref("", "v1", "namespaces"),
  nodes: ref("", "v1", "nodes"),
  persistentVolumeClaims: ref("", "v1", "persistentvolumeclaims"),
  persistentVolumes: ref("", "v1", "persistentvolumes"),
  pods: ref("", "v1", "pods"),
  resourceQuotas: ref("", "v1", "resourcequotas"),
  replicationControllers: ref("", "v1", "replicationcontrollers"),
  secrets: ref("", "v1", "secrets"),
  serviceAccounts: ref("", "v1", "serviceaccounts"),
  services: ref("", "v1", "services"),
  controllerRevisions: ref("apps", "v1", "controllerrevisions"),
  daemonSets: ref("apps", "v1", "daemonsets"),
  deployments: ref("apps", "v1", "deployments"),
  replicaSets: ref("apps", "v1", "replicasets"),
  statefulSets: ref("apps", "v1", "statefulsets"),
  horizontalPodAutoscalers: ref("autoscaling", "v2", "horizontalpodautoscalers"),
  cronJobs: ref("batch", "v1", "cronjobs"),
  jobs: ref("batch", "v1", "jobs"),
  certificateSigningRequests: ref("certificates.k8s.io", "v1", "certificatesigningrequests"),
  leases: ref("coordination.k8s.io", "v1", "leases"),
  endpointSlices: ref("discovery.k8s.io", "v1", "endpointslices"),
  ingresses: ref("networking.k8s.io", "v1", "ingresses"),
  ingressClasses: ref("networking.k8s.io", "v1", "ingressclasses"),
  podDisruptionBudgets: ref("policy", "v1", "poddisruptionbudgets"),
  clusterRoles: ref("rbac.authorization.k8s.io", "v1", "clusterroles"),
  clusterRoleBindings: ref("rbac.authorization.k8s.io", "v1", "clusterrolebindings"),
  roles: ref("rbac.authorization.k8s.io", "v1", "roles"),
  roleBindings: ref("rbac.authorization.k8s.io", "v1", "rolebindings"),
  storageClasses: ref("storage.k8s.io", "v1", "storageclasses"),
} satisfies Record<string, ResourceRef>;
