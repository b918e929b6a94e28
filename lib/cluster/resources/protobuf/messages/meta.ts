/** Field numbers of the protobuf messages; the notation is explained in ../messages.ts. */
export const meta = `
@ meta v1
APIGroup name=1 versions=2:*GroupVersionForDiscovery preferredVersion=3:GroupVersionForDiscovery serverAddressByClientCIDRs=4:*ServerAddressByClientCIDR
APIGroupList groups=1:*APIGroup
APIResource name=1 namespaced=2:bool kind=3 verbs=4:Strings shortNames=5:*string singularName=6 categories=7:*string group=8 version=9 storageVersionHash=10
APIResourceList groupVersion=1 resources=2:*APIResource
APIVersions versions=1:*string serverAddressByClientCIDRs=2:*ServerAddressByClientCIDR
ApplyOptions dryRun=1:*string force=2:bool fieldManager=3
Condition type=1 status=2 observedGeneration=3:int lastTransitionTime=4:Time reason=5 message=6
CreateOptions dryRun=1:*string fieldManager=3 fieldValidation=4
DeleteOptions gracePeriodSeconds=1:int preconditions=2:Preconditions orphanDependents=3:bool propagationPolicy=4 dryRun=5:*string ignoreStoreReadErrorWithClusterBreakingPotential=6:bool
FieldSelectorRequirement key=1 operator=2 values=3:*string
GetOptions resourceVersion=1
GroupKind group=1 kind=2
GroupResource group=1 resource=2
GroupVersion group=1 version=2
GroupVersionForDiscovery groupVersion=1 version=2
GroupVersionKind group=1 version=2 kind=3
GroupVersionResource group=1 version=2 resource=3
LabelSelector matchLabels=1:{string} matchExpressions=2:*LabelSelectorRequirement
LabelSelectorRequirement key=1 operator=2 values=3:*string
List metadata=1:ListMeta items=2:*Raw
ListMeta selfLink=1 resourceVersion=2 continue=3 remainingItemCount=4:int
ListOptions labelSelector=1 fieldSelector=2 watch=3:bool resourceVersion=4 timeoutSeconds=5:int limit=7:int continue=8 allowWatchBookmarks=9:bool resourceVersionMatch=10 sendInitialEvents=11:bool
ManagedFieldsEntry manager=1 operation=2 apiVersion=3 time=4:Time fieldsType=6 fieldsV1=7:Raw subresource=8
ObjectMeta name=1 generateName=2 namespace=3 selfLink=4 uid=5 resourceVersion=6 generation=7:int creationTimestamp=8:Time deletionTimestamp=9:Time deletionGracePeriodSeconds=10:int labels=11:{string} annotations=12:{string} ownerReferences=13:*OwnerReference finalizers=14:*string managedFields=17:*ManagedFieldsEntry
OwnerReference kind=1 name=3 uid=4 apiVersion=5 controller=6:bool blockOwnerDeletion=7:bool
PartialObjectMetadata metadata=1:ObjectMeta
PartialObjectMetadataList metadata=1:ListMeta items=2:*PartialObjectMetadata
Patch
PatchOptions dryRun=1:*string force=2:bool fieldManager=3 fieldValidation=4
Preconditions uid=1 resourceVersion=2
RootPaths paths=1:*string
ServerAddressByClientCIDR clientCIDR=1 serverAddress=2
Status metadata=1:ListMeta status=2 message=3 reason=4 details=5:StatusDetails code=6:int
StatusCause reason=1 message=2 field=3
StatusDetails name=1 group=2 kind=3 causes=4:*StatusCause retryAfterSeconds=5:int uid=6
TableOptions includeObject=1
TypeMeta kind=1 apiVersion=2
UpdateOptions dryRun=1:*string fieldManager=2 fieldValidation=3
WatchEvent type=1 object=2:Raw
`;
