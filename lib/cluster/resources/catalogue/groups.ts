import { facts, status, statusAndScale, subresource } from "./facts";

const extensions = ["api-extensions"];
const all = ["all"];
const reviewOnly = { verbs: ["create"] };

const apiregistration = facts("apiregistration.k8s.io", "v1");
const apps = facts("apps", "v1");
const events = facts("events.k8s.io", "v1");
const authentication = facts("authentication.k8s.io", "v1");
const authorization = facts("authorization.k8s.io", "v1");
const autoscalingV2 = facts("autoscaling", "v2");
const autoscalingV1 = facts("autoscaling", "v1");
const batch = facts("batch", "v1");
const certificates = facts("certificates.k8s.io", "v1");
const networking = facts("networking.k8s.io", "v1");
const policy = facts("policy", "v1");
const rbac = facts("rbac.authorization.k8s.io", "v1");
const storage = facts("storage.k8s.io", "v1");
const admissionregistration = facts("admissionregistration.k8s.io", "v1");
const apiextensions = facts("apiextensions.k8s.io", "v1");
const scheduling = facts("scheduling.k8s.io", "v1");
const coordination = facts("coordination.k8s.io", "v1");
const node = facts("node.k8s.io", "v1");
const discovery = facts("discovery.k8s.io", "v1");
const resource = facts("resource.k8s.io", "v1");
const flowcontrol = facts("flowcontrol.apiserver.k8s.io", "v1");

/** Every named group, in the order in which kubernetes 1.34 lists them at /apis; within a group, preferred version first. */
export const groupKinds = [
  apiregistration(false, "APIService", "apiservices", { categories: extensions, subresources: status }),
  apps(true, "ControllerRevision", "controllerrevisions"),
  apps(true, "DaemonSet", "daemonsets", { shortNames: ["ds"], categories: all, subresources: status }),
  apps(true, "Deployment", "deployments", {
    shortNames: ["deploy"],
    categories: all,
    subresources: statusAndScale,
  }),
  apps(true, "ReplicaSet", "replicasets", {
    shortNames: ["rs"],
    categories: all,
    subresources: statusAndScale,
  }),
  apps(true, "StatefulSet", "statefulsets", {
    shortNames: ["sts"],
    categories: all,
    subresources: statusAndScale,
  }),
  events(true, "Event", "events", { shortNames: ["ev"] }),
  authentication(false, "SelfSubjectReview", "selfsubjectreviews", reviewOnly),
  authentication(false, "TokenReview", "tokenreviews", reviewOnly),
  authorization(true, "LocalSubjectAccessReview", "localsubjectaccessreviews", reviewOnly),
  authorization(false, "SelfSubjectAccessReview", "selfsubjectaccessreviews", reviewOnly),
  authorization(false, "SelfSubjectRulesReview", "selfsubjectrulesreviews", reviewOnly),
  authorization(false, "SubjectAccessReview", "subjectaccessreviews", reviewOnly),
  ...[autoscalingV2, autoscalingV1].map((autoscaling) =>
    autoscaling(true, "HorizontalPodAutoscaler", "horizontalpodautoscalers", {
      shortNames: ["hpa"],
      categories: all,
      subresources: status,
    }),
  ),
  batch(true, "CronJob", "cronjobs", { shortNames: ["cj"], categories: all, subresources: status }),
  batch(true, "Job", "jobs", { categories: all, subresources: status }),
  certificates(false, "CertificateSigningRequest", "certificatesigningrequests", {
    shortNames: ["csr"],
    subresources: status,
    otherSubresources: [subresource("approval", "CertificateSigningRequest", ["get", "patch", "update"])],
  }),
  networking(false, "IngressClass", "ingressclasses"),
  networking(true, "Ingress", "ingresses", { shortNames: ["ing"], subresources: status }),
  networking(false, "IPAddress", "ipaddresses", { shortNames: ["ip"] }),
  networking(true, "NetworkPolicy", "networkpolicies", { shortNames: ["netpol"] }),
  networking(false, "ServiceCIDR", "servicecidrs", { subresources: status }),
  policy(true, "PodDisruptionBudget", "poddisruptionbudgets", { shortNames: ["pdb"], subresources: status }),
  rbac(false, "ClusterRoleBinding", "clusterrolebindings"),
  rbac(false, "ClusterRole", "clusterroles"),
  rbac(true, "RoleBinding", "rolebindings"),
  rbac(true, "Role", "roles"),
  storage(false, "CSIDriver", "csidrivers"),
  storage(false, "CSINode", "csinodes"),
  storage(true, "CSIStorageCapacity", "csistoragecapacities"),
  storage(false, "StorageClass", "storageclasses", { shortNames: ["sc"] }),
  storage(false, "VolumeAttachment", "volumeattachments", { subresources: status }),
  storage(false, "VolumeAttributesClass", "volumeattributesclasses", { shortNames: ["vac"] }),
  admissionregistration(false, "MutatingWebhookConfiguration", "mutatingwebhookconfigurations", {
    categories: extensions,
  }),
  admissionregistration(false, "ValidatingAdmissionPolicy", "validatingadmissionpolicies", {
    categories: extensions,
    subresources: status,
  }),
  admissionregistration(false, "ValidatingAdmissionPolicyBinding", "validatingadmissionpolicybindings", {
    categories: extensions,
  }),
  admissionregistration(false, "ValidatingWebhookConfiguration", "validatingwebhookconfigurations", {
    categories: extensions,
  }),
  apiextensions(false, "CustomResourceDefinition", "customresourcedefinitions", {
    shortNames: ["crd", "crds"],
    categories: extensions,
    subresources: status,
  }),
  scheduling(false, "PriorityClass", "priorityclasses", { shortNames: ["pc"] }),
  coordination(true, "Lease", "leases"),
  node(false, "RuntimeClass", "runtimeclasses"),
  discovery(true, "EndpointSlice", "endpointslices"),
  resource(false, "DeviceClass", "deviceclasses"),
  resource(true, "ResourceClaim", "resourceclaims", { subresources: status }),
  resource(true, "ResourceClaimTemplate", "resourceclaimtemplates"),
  resource(false, "ResourceSlice", "resourceslices"),
  flowcontrol(false, "FlowSchema", "flowschemas", { subresources: status }),
  flowcontrol(false, "PriorityLevelConfiguration", "prioritylevelconfigurations", { subresources: status }),
];
