/** Field numbers of the protobuf messages; the notation is explained in ../messages.ts. */
export const control = `
@ flowcontrol flowcontrol.apiserver.k8s.io/v1
ExemptPriorityLevelConfiguration nominalConcurrencyShares=1:int lendablePercent=2:int
FlowDistinguisherMethod type=1
FlowSchema metadata=1:meta.ObjectMeta spec=2:FlowSchemaSpec status=3:FlowSchemaStatus
FlowSchemaCondition type=1 status=2 lastTransitionTime=3:Time reason=4 message=5
FlowSchemaList metadata=1:meta.ListMeta items=2:*FlowSchema
FlowSchemaSpec priorityLevelConfiguration=1:PriorityLevelConfigurationReference matchingPrecedence=2:int distinguisherMethod=3:FlowDistinguisherMethod rules=4:*PolicyRulesWithSubjects
FlowSchemaStatus conditions=1:*FlowSchemaCondition
GroupSubject name=1
LimitResponse type=1 queuing=2:QueuingConfiguration
LimitedPriorityLevelConfiguration nominalConcurrencyShares=1:int limitResponse=2:LimitResponse lendablePercent=3:int borrowingLimitPercent=4:int
NonResourcePolicyRule verbs=1:*string nonResourceURLs=6:*string
PolicyRulesWithSubjects subjects=1:*Subject resourceRules=2:*ResourcePolicyRule nonResourceRules=3:*NonResourcePolicyRule
PriorityLevelConfiguration metadata=1:meta.ObjectMeta spec=2:PriorityLevelConfigurationSpec status=3:PriorityLevelConfigurationStatus
PriorityLevelConfigurationCondition type=1 status=2 lastTransitionTime=3:Time reason=4 message=5
PriorityLevelConfigurationList metadata=1:meta.ListMeta items=2:*PriorityLevelConfiguration
PriorityLevelConfigurationReference name=1
PriorityLevelConfigurationSpec type=1 limited=2:LimitedPriorityLevelConfiguration exempt=3:ExemptPriorityLevelConfiguration
PriorityLevelConfigurationStatus conditions=1:*PriorityLevelConfigurationCondition
QueuingConfiguration queues=1:int handSize=2:int queueLengthLimit=3:int
ResourcePolicyRule verbs=1:*string apiGroups=2:*string resources=3:*string clusterScope=4:bool namespaces=5:*string
ServiceAccountSubject namespace=1 name=2
Subject kind=1 user=2:UserSubject group=3:GroupSubject serviceAccount=4:ServiceAccountSubject
UserSubject name=1
@ resource resource.k8s.io/v1
AllocatedDeviceStatus driver=1 pool=2 device=3 conditions=4:*meta.Condition data=5:Raw networkData=6:NetworkDeviceData shareID=7
AllocationResult devices=1:DeviceAllocationResult nodeSelector=3:core.NodeSelector allocationTimestamp=5:Time
CELDeviceSelector expression=1
CapacityRequestPolicy default=1:Quantity validValues=3:*Quantity validRange=4:CapacityRequestPolicyRange
CapacityRequestPolicyRange min=1:Quantity max=2:Quantity step=3:Quantity
CapacityRequirements requests=1:{Quantity}
Counter value=1:Quantity
CounterSet name=1 counters=2:{Counter}
Device name=1 attributes=2:{DeviceAttribute} capacity=3:{DeviceCapacity} consumesCounters=4:*DeviceCounterConsumption nodeName=5 nodeSelector=6:core.NodeSelector allNodes=7:bool taints=8:*DeviceTaint bindsToNode=9:bool bindingConditions=10:*string bindingFailureConditions=11:*string allowMultipleAllocations=12:bool
DeviceAllocationConfiguration source=1 requests=2:*string ~=3:DeviceConfiguration
DeviceAllocationResult results=1:*DeviceRequestAllocationResult config=2:*DeviceAllocationConfiguration
DeviceAttribute int=2:int bool=3:bool string=4 version=5
DeviceCapacity value=1:Quantity requestPolicy=2:CapacityRequestPolicy
DeviceClaim requests=1:*DeviceRequest constraints=2:*DeviceConstraint config=3:*DeviceClaimConfiguration
DeviceClaimConfiguration requests=1:*string ~=2:DeviceConfiguration
DeviceClass metadata=1:meta.ObjectMeta spec=2:DeviceClassSpec
DeviceClassConfiguration ~=1:DeviceConfiguration
DeviceClassList metadata=1:meta.ListMeta items=2:*DeviceClass
DeviceClassSpec selectors=1:*DeviceSelector config=2:*DeviceClassConfiguration extendedResourceName=4
DeviceConfiguration opaque=1:OpaqueDeviceConfiguration
DeviceConstraint requests=1:*string matchAttribute=2 distinctAttribute=3
DeviceCounterConsumption counterSet=1 counters=2:{Counter}
DeviceRequest name=1 exactly=2:ExactDeviceRequest firstAvailable=3:*DeviceSubRequest
DeviceRequestAllocationResult request=1 driver=2 pool=3 device=4 adminAccess=5:bool tolerations=6:*DeviceToleration bindingConditions=7:*string bindingFailureConditions=8:*string shareID=9 consumedCapacity=10:{Quantity}
DeviceSelector cel=1:CELDeviceSelector
DeviceSubRequest name=1 deviceClassName=2 selectors=3:*DeviceSelector allocationMode=4 count=5:int tolerations=6:*DeviceToleration capacity=7:CapacityRequirements
DeviceTaint key=1 value=2 effect=3 timeAdded=4:Time
DeviceToleration key=1 operator=2 value=3 effect=4 tolerationSeconds=5:int
ExactDeviceRequest deviceClassName=1 selectors=2:*DeviceSelector allocationMode=3 count=4:int adminAccess=5:bool tolerations=6:*DeviceToleration capacity=7:CapacityRequirements
NetworkDeviceData interfaceName=1 ips=2:*string hardwareAddress=3
OpaqueDeviceConfiguration driver=1 parameters=2:Raw
ResourceClaim metadata=1:meta.ObjectMeta spec=2:ResourceClaimSpec status=3:ResourceClaimStatus
ResourceClaimConsumerReference apiGroup=1 resource=3 name=4 uid=5
ResourceClaimList metadata=1:meta.ListMeta items=2:*ResourceClaim
ResourceClaimSpec devices=1:DeviceClaim
ResourceClaimStatus allocation=1:AllocationResult reservedFor=2:*ResourceClaimConsumerReference devices=4:*AllocatedDeviceStatus
ResourceClaimTemplate metadata=1:meta.ObjectMeta spec=2:ResourceClaimTemplateSpec
ResourceClaimTemplateList metadata=1:meta.ListMeta items=2:*ResourceClaimTemplate
ResourceClaimTemplateSpec metadata=1:meta.ObjectMeta spec=2:ResourceClaimSpec
ResourcePool name=1 generation=2:int resourceSliceCount=3:int
ResourceSlice metadata=1:meta.ObjectMeta spec=2:ResourceSliceSpec
ResourceSliceList metadata=1:meta.ListMeta items=2:*ResourceSlice
ResourceSliceSpec driver=1 pool=2:ResourcePool nodeName=3 nodeSelector=4:core.NodeSelector allNodes=5:bool devices=6:*Device perDeviceNodeSelection=7:bool sharedCounters=8:*CounterSet
`;
