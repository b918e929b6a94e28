/** Field numbers of the protobuf messages; the notation is explained in ../messages.ts. */
export const others = `
@ authentication authentication.k8s.io/v1
BoundObjectReference kind=1 apiVersion=2 name=3 uid=4
SelfSubjectReview metadata=1:meta.ObjectMeta status=2:SelfSubjectReviewStatus
SelfSubjectReviewStatus userInfo=1:UserInfo
TokenRequest metadata=1:meta.ObjectMeta spec=2:TokenRequestSpec status=3:TokenRequestStatus
TokenRequestSpec audiences=1:*string boundObjectRef=3:BoundObjectReference expirationSeconds=4:int
TokenRequestStatus token=1 expirationTimestamp=2:Time
TokenReview metadata=1:meta.ObjectMeta spec=2:TokenReviewSpec status=3:TokenReviewStatus
TokenReviewSpec token=1 audiences=2:*string
TokenReviewStatus authenticated=1:bool user=2:UserInfo error=3 audiences=4:*string
UserInfo username=1 uid=2 groups=3:*string extra=4:{Strings}
@ authorization authorization.k8s.io/v1
FieldSelectorAttributes rawSelector=1 requirements=2:*meta.FieldSelectorRequirement
LabelSelectorAttributes rawSelector=1 requirements=2:*meta.LabelSelectorRequirement
LocalSubjectAccessReview metadata=1:meta.ObjectMeta spec=2:SubjectAccessReviewSpec status=3:SubjectAccessReviewStatus
NonResourceAttributes path=1 verb=2
NonResourceRule verbs=1:*string nonResourceURLs=2:*string
ResourceAttributes namespace=1 verb=2 group=3 version=4 resource=5 subresource=6 name=7 fieldSelector=8:FieldSelectorAttributes labelSelector=9:LabelSelectorAttributes
ResourceRule verbs=1:*string apiGroups=2:*string resources=3:*string resourceNames=4:*string
SelfSubjectAccessReview metadata=1:meta.ObjectMeta spec=2:SelfSubjectAccessReviewSpec status=3:SubjectAccessReviewStatus
SelfSubjectAccessReviewSpec resourceAttributes=1:ResourceAttributes nonResourceAttributes=2:NonResourceAttributes
SelfSubjectRulesReview metadata=1:meta.ObjectMeta spec=2:SelfSubjectRulesReviewSpec status=3:SubjectRulesReviewStatus
SelfSubjectRulesReviewSpec namespace=1
SubjectAccessReview metadata=1:meta.ObjectMeta spec=2:SubjectAccessReviewSpec status=3:SubjectAccessReviewStatus
SubjectAccessReviewSpec resourceAttributes=1:ResourceAttributes nonResourceAttributes=2:NonResourceAttributes user=3 groups=4:*string extra=5:{Strings} uid=6
SubjectAccessReviewStatus allowed=1:bool reason=2 evaluationError=3 denied=4:bool
SubjectRulesReviewStatus resourceRules=1:*ResourceRule nonResourceRules=2:*NonResourceRule incomplete=3:bool evaluationError=4
@ certificates certificates.k8s.io/v1
CertificateSigningRequest metadata=1:meta.ObjectMeta spec=2:CertificateSigningRequestSpec status=3:CertificateSigningRequestStatus
CertificateSigningRequestCondition type=1 reason=2 message=3 lastUpdateTime=4:Time lastTransitionTime=5:Time status=6
CertificateSigningRequestList metadata=1:meta.ListMeta items=2:*CertificateSigningRequest
CertificateSigningRequestSpec request=1:bytes username=2 uid=3 groups=4:*string usages=5:*string extra=6:{Strings} signerName=7 expirationSeconds=8:int
CertificateSigningRequestStatus conditions=1:*CertificateSigningRequestCondition certificate=2:bytes
@ coordination coordination.k8s.io/v1
Lease metadata=1:meta.ObjectMeta spec=2:LeaseSpec
LeaseList metadata=1:meta.ListMeta items=2:*Lease
LeaseSpec holderIdentity=1 leaseDurationSeconds=2:int acquireTime=3:Time renewTime=4:Time leaseTransitions=5:int strategy=6 preferredHolder=7
@ discovery discovery.k8s.io/v1
Endpoint addresses=1:*string conditions=2:EndpointConditions hostname=3 targetRef=4:core.ObjectReference deprecatedTopology=5:{string} nodeName=6 zone=7 hints=8:EndpointHints
EndpointConditions ready=1:bool serving=2:bool terminating=3:bool
EndpointHints forZones=1:*ForZone forNodes=2:*ForNode
EndpointPort name=1 protocol=2 port=3:int appProtocol=4
EndpointSlice metadata=1:meta.ObjectMeta endpoints=2:*Endpoint ports=3:*EndpointPort addressType=4
EndpointSliceList metadata=1:meta.ListMeta items=2:*EndpointSlice
ForNode name=1
ForZone name=1
@ events events.k8s.io/v1
Event metadata=1:meta.ObjectMeta eventTime=2:Time series=3:EventSeries reportingController=4 reportingInstance=5 action=6 reason=7 regarding=8:core.ObjectReference related=9:core.ObjectReference note=10 type=11 deprecatedSource=12:core.EventSource deprecatedFirstTimestamp=13:Time deprecatedLastTimestamp=14:Time deprecatedCount=15:int
EventList metadata=1:meta.ListMeta items=2:*Event
EventSeries count=1:int lastObservedTime=2:Time
@ networking networking.k8s.io/v1
HTTPIngressPath path=1 backend=2:IngressBackend pathType=3
HTTPIngressRuleValue paths=1:*HTTPIngressPath
IPAddress metadata=1:meta.ObjectMeta spec=2:IPAddressSpec
IPAddressList metadata=1:meta.ListMeta items=2:*IPAddress
IPAddressSpec parentRef=1:ParentReference
IPBlock cidr=1 except=2:*string
Ingress metadata=1:meta.ObjectMeta spec=2:IngressSpec status=3:IngressStatus
IngressBackend resource=3:core.TypedLocalObjectReference service=4:IngressServiceBackend
IngressClass metadata=1:meta.ObjectMeta spec=2:IngressClassSpec
IngressClassList metadata=1:meta.ListMeta items=2:*IngressClass
IngressClassParametersReference apiGroup=1 kind=2 name=3 scope=4 namespace=5
IngressClassSpec controller=1 parameters=2:IngressClassParametersReference
IngressList metadata=1:meta.ListMeta items=2:*Ingress
IngressLoadBalancerIngress ip=1 hostname=2 ports=4:*IngressPortStatus
IngressLoadBalancerStatus ingress=1:*IngressLoadBalancerIngress
IngressPortStatus port=1:int protocol=2 error=3
IngressRule host=1 ~=2:IngressRuleValue
IngressRuleValue http=1:HTTPIngressRuleValue
IngressServiceBackend name=1 port=2:ServiceBackendPort
IngressSpec defaultBackend=1:IngressBackend tls=2:*IngressTLS rules=3:*IngressRule ingressClassName=4
IngressStatus loadBalancer=1:IngressLoadBalancerStatus
IngressTLS hosts=1:*string secretName=2
NetworkPolicy metadata=1:meta.ObjectMeta spec=2:NetworkPolicySpec
NetworkPolicyEgressRule ports=1:*NetworkPolicyPort to=2:*NetworkPolicyPeer
NetworkPolicyIngressRule ports=1:*NetworkPolicyPort from=2:*NetworkPolicyPeer
NetworkPolicyList metadata=1:meta.ListMeta items=2:*NetworkPolicy
NetworkPolicyPeer podSelector=1:meta.LabelSelector namespaceSelector=2:meta.LabelSelector ipBlock=3:IPBlock
NetworkPolicyPort protocol=1 port=2:IntOrString endPort=3:int
NetworkPolicySpec podSelector=1:meta.LabelSelector ingress=2:*NetworkPolicyIngressRule egress=3:*NetworkPolicyEgressRule policyTypes=4:*string
ParentReference group=1 resource=2 namespace=3 name=4
ServiceBackendPort name=1 number=2:int
ServiceCIDR metadata=1:meta.ObjectMeta spec=2:ServiceCIDRSpec status=3:ServiceCIDRStatus
ServiceCIDRList metadata=1:meta.ListMeta items=2:*ServiceCIDR
ServiceCIDRSpec cidrs=1:*string
ServiceCIDRStatus conditions=1:*meta.Condition
@ node node.k8s.io/v1
Overhead podFixed=1:{Quantity}
RuntimeClass metadata=1:meta.ObjectMeta handler=2 overhead=3:Overhead scheduling=4:Scheduling
RuntimeClassList metadata=1:meta.ListMeta items=2:*RuntimeClass
Scheduling nodeSelector=1:{string} tolerations=2:*core.Toleration
@ rbac rbac.authorization.k8s.io/v1
AggregationRule clusterRoleSelectors=1:*meta.LabelSelector
ClusterRole metadata=1:meta.ObjectMeta rules=2:*PolicyRule aggregationRule=3:AggregationRule
ClusterRoleBinding metadata=1:meta.ObjectMeta subjects=2:*Subject roleRef=3:RoleRef
ClusterRoleBindingList metadata=1:meta.ListMeta items=2:*ClusterRoleBinding
ClusterRoleList metadata=1:meta.ListMeta items=2:*ClusterRole
PolicyRule verbs=1:*string apiGroups=2:*string resources=3:*string resourceNames=4:*string nonResourceURLs=5:*string
Role metadata=1:meta.ObjectMeta rules=2:*PolicyRule
RoleBinding metadata=1:meta.ObjectMeta subjects=2:*Subject roleRef=3:RoleRef
RoleBindingList metadata=1:meta.ListMeta items=2:*RoleBinding
RoleList metadata=1:meta.ListMeta items=2:*Role
RoleRef apiGroup=1 kind=2 name=3
Subject kind=1 apiGroup=2 name=3 namespace=4
@ scheduling scheduling.k8s.io/v1
PriorityClass metadata=1:meta.ObjectMeta value=2:int globalDefault=3:bool description=4 preemptionPolicy=5
PriorityClassList metadata=1:meta.ListMeta items=2:*PriorityClass
@ storage storage.k8s.io/v1
CSIDriver metadata=1:meta.ObjectMeta spec=2:CSIDriverSpec
CSIDriverList metadata=1:meta.ListMeta items=2:*CSIDriver
CSIDriverSpec attachRequired=1:bool podInfoOnMount=2:bool volumeLifecycleModes=3:*string storageCapacity=4:bool fsGroupPolicy=5 tokenRequests=6:*TokenRequest requiresRepublish=7:bool seLinuxMount=8:bool nodeAllocatableUpdatePeriodSeconds=9:int
CSINode metadata=1:meta.ObjectMeta spec=2:CSINodeSpec
CSINodeDriver name=1 nodeID=2 topologyKeys=3:*string allocatable=4:VolumeNodeResources
CSINodeList metadata=1:meta.ListMeta items=2:*CSINode
CSINodeSpec drivers=1:*CSINodeDriver
CSIStorageCapacity metadata=1:meta.ObjectMeta nodeTopology=2:meta.LabelSelector storageClassName=3 capacity=4:Quantity maximumVolumeSize=5:Quantity
CSIStorageCapacityList metadata=1:meta.ListMeta items=2:*CSIStorageCapacity
StorageClass metadata=1:meta.ObjectMeta provisioner=2 parameters=3:{string} reclaimPolicy=4 mountOptions=5:*string allowVolumeExpansion=6:bool volumeBindingMode=7 allowedTopologies=8:*core.TopologySelectorTerm
StorageClassList metadata=1:meta.ListMeta items=2:*StorageClass
TokenRequest audience=1 expirationSeconds=2:int
VolumeAttachment metadata=1:meta.ObjectMeta spec=2:VolumeAttachmentSpec status=3:VolumeAttachmentStatus
VolumeAttachmentList metadata=1:meta.ListMeta items=2:*VolumeAttachment
VolumeAttachmentSource persistentVolumeName=1 inlineVolumeSpec=2:core.PersistentVolumeSpec
VolumeAttachmentSpec attacher=1 source=2:VolumeAttachmentSource nodeName=3
VolumeAttachmentStatus attached=1:bool attachmentMetadata=2:{string} attachError=3:VolumeError detachError=4:VolumeError
VolumeAttributesClass metadata=1:meta.ObjectMeta driverName=2 parameters=3:{string}
VolumeAttributesClassList metadata=1:meta.ListMeta items=2:*VolumeAttributesClass
VolumeError time=1:Time message=2 errorCode=3:int
VolumeNodeResources count=1:int
`;
