import { apiService } from "./apiservice";
import { certificateSigningRequest } from "./certificatesigningrequest";
import { componentStatus } from "./componentstatus";
import { configMap } from "./configmap";
import { controllerRevision } from "./controllerrevision";
import { cronJob } from "./cronjob";
import { csiDriver, csiNode, csiStorageCapacity, volumeAttachment, volumeAttributesClass } from "./csi";
import { customResourceDefinition } from "./customresourcedefinition";
import { daemonSet } from "./daemonset";
import { deployment } from "./deployment";
import { deviceClass, resourceClaim, resourceClaimTemplate, resourceSlice } from "./dynamic-resources";
import { endpointsKind } from "./endpoints";
import { endpointSlice } from "./endpointslice";
import { event, newEvent } from "./event";
import { flowSchema } from "./flowcontrol/flow-schema";
import { priorityLevelConfiguration } from "./flowcontrol/priority-level";
import { horizontalPodAutoscaler, horizontalPodAutoscalerV1 } from "./horizontalpodautoscaler";
import { ingress } from "./ingress";
import { ingressClass } from "./ingressclass";
import { ipAddress } from "./ipaddress";
import { job } from "./job";
import { lease } from "./lease";
import { limitRange } from "./limitrange";
import { namespace } from "./namespace";
import { networkPolicy } from "./networkpolicy";
import { node } from "./node";
import { persistentVolume } from "./persistentvolume";
import { persistentVolumeClaim } from "./persistentvolumeclaim";
import { pod } from "./pod";
import { podDisruptionBudget } from "./poddisruptionbudget";
import { podTemplate } from "./podtemplate";
import { priorityClass } from "./priorityclass";
import { clusterRoleBinding, roleBinding } from "./rbac/bindings";
import { clusterRole, role } from "./rbac/roles";
import { replicaSet } from "./replicaset";
import { replicationController } from "./replicationcontroller";
import { resourceQuota } from "./resourcequota";
import { runtimeClass } from "./runtimeclass";
import { secret } from "./secret";
import { service } from "./service";
import { serviceAccount } from "./serviceaccount";
import { serviceCidr } from "./servicecidr";
import { statefulSet } from "./statefulset";
import { storageClass } from "./storageclass";
import { validatingAdmissionPolicy, validatingAdmissionPolicyBinding } from "./validatingadmissionpolicy";
import { mutatingWebhookConfiguration, validatingWebhookConfiguration } from "./webhookconfiguration";
import type { KindDefinition } from "./define-kind";

/** What the kinds' folders add to the catalogue; kinds that are not here have nothing but what all share. */
export const definitions: KindDefinition[] = [
  apiService,
  certificateSigningRequest,
  clusterRole,
  clusterRoleBinding,
  componentStatus,
  configMap,
  controllerRevision,
  cronJob,
  csiDriver,
  csiNode,
  csiStorageCapacity,
  customResourceDefinition,
  daemonSet,
  deployment,
  deviceClass,
  endpointSlice,
  endpointsKind,
  event,
  flowSchema,
  horizontalPodAutoscaler,
  horizontalPodAutoscalerV1,
  ingress,
  ingressClass,
  ipAddress,
  job,
  lease,
  limitRange,
  mutatingWebhookConfiguration,
  namespace,
  networkPolicy,
  newEvent,
  node,
  persistentVolume,
  persistentVolumeClaim,
  pod,
  podDisruptionBudget,
  podTemplate,
  priorityClass,
  priorityLevelConfiguration,
  replicaSet,
  replicationController,
  resourceClaim,
  resourceClaimTemplate,
  resourceQuota,
  resourceSlice,
  role,
  roleBinding,
  runtimeClass,
  secret,
  service,
  serviceAccount,
  serviceCidr,
  statefulSet,
  storageClass,
  validatingAdmissionPolicy,
  validatingAdmissionPolicyBinding,
  validatingWebhookConfiguration,
  volumeAttachment,
  volumeAttributesClass,
];
