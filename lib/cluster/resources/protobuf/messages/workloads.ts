/** Field numbers of the protobuf messages; the notation is explained in ../messages.ts. */
export const workloads = `
@ apps apps/v1
ControllerRevision metadata=1:meta.ObjectMeta data=2:Raw revision=3:int
ControllerRevisionList metadata=1:meta.ListMeta items=2:*ControllerRevision
DaemonSet metadata=1:meta.ObjectMeta spec=2:DaemonSetSpec status=3:DaemonSetStatus
DaemonSetCondition type=1 status=2 lastTransitionTime=3:Time reason=4 message=5
DaemonSetList metadata=1:meta.ListMeta items=2:*DaemonSet
DaemonSetSpec selector=1:meta.LabelSelector template=2:core.PodTemplateSpec updateStrategy=3:DaemonSetUpdateStrategy minReadySeconds=4:int revisionHistoryLimit=6:int
DaemonSetStatus currentNumberScheduled=1:int numberMisscheduled=2:int desiredNumberScheduled=3:int numberReady=4:int observedGeneration=5:int updatedNumberScheduled=6:int numberAvailable=7:int numberUnavailable=8:int collisionCount=9:int conditions=10:*DaemonSetCondition
DaemonSetUpdateStrategy type=1 rollingUpdate=2:RollingUpdateDaemonSet
Deployment metadata=1:meta.ObjectMeta spec=2:DeploymentSpec status=3:DeploymentStatus
DeploymentCondition type=1 status=2 reason=4 message=5 lastUpdateTime=6:Time lastTransitionTime=7:Time
DeploymentList metadata=1:meta.ListMeta items=2:*Deployment
DeploymentSpec replicas=1:int selector=2:meta.LabelSelector template=3:core.PodTemplateSpec strategy=4:DeploymentStrategy minReadySeconds=5:int revisionHistoryLimit=6:int paused=7:bool progressDeadlineSeconds=9:int
DeploymentStatus observedGeneration=1:int replicas=2:int updatedReplicas=3:int availableReplicas=4:int unavailableReplicas=5:int conditions=6:*DeploymentCondition readyReplicas=7:int collisionCount=8:int terminatingReplicas=9:int
DeploymentStrategy type=1 rollingUpdate=2:RollingUpdateDeployment
ReplicaSet metadata=1:meta.ObjectMeta spec=2:ReplicaSetSpec status=3:ReplicaSetStatus
ReplicaSetCondition type=1 status=2 lastTransitionTime=3:Time reason=4 message=5
ReplicaSetList metadata=1:meta.ListMeta items=2:*ReplicaSet
ReplicaSetSpec replicas=1:int selector=2:meta.LabelSelector template=3:core.PodTemplateSpec minReadySeconds=4:int
ReplicaSetStatus replicas=1:int fullyLabeledReplicas=2:int observedGeneration=3:int readyReplicas=4:int availableReplicas=5:int conditions=6:*ReplicaSetCondition terminatingReplicas=7:int
RollingUpdateDaemonSet maxUnavailable=1:IntOrString maxSurge=2:IntOrString
RollingUpdateDeployment maxUnavailable=1:IntOrString maxSurge=2:IntOrString
RollingUpdateStatefulSetStrategy partition=1:int maxUnavailable=2:IntOrString
StatefulSet metadata=1:meta.ObjectMeta spec=2:StatefulSetSpec status=3:StatefulSetStatus
StatefulSetCondition type=1 status=2 lastTransitionTime=3:Time reason=4 message=5
StatefulSetList metadata=1:meta.ListMeta items=2:*StatefulSet
StatefulSetOrdinals start=1:int
StatefulSetPersistentVolumeClaimRetentionPolicy whenDeleted=1 whenScaled=2
StatefulSetSpec replicas=1:int selector=2:meta.LabelSelector template=3:core.PodTemplateSpec volumeClaimTemplates=4:*core.PersistentVolumeClaim serviceName=5 podManagementPolicy=6 updateStrategy=7:StatefulSetUpdateStrategy revisionHistoryLimit=8:int minReadySeconds=9:int persistentVolumeClaimRetentionPolicy=10:StatefulSetPersistentVolumeClaimRetentionPolicy ordinals=11:StatefulSetOrdinals
StatefulSetStatus observedGeneration=1:int replicas=2:int readyReplicas=3:int currentReplicas=4:int updatedReplicas=5:int currentRevision=6 updateRevision=7 collisionCount=9:int conditions=10:*StatefulSetCondition availableReplicas=11:int
StatefulSetUpdateStrategy type=1 rollingUpdate=2:RollingUpdateStatefulSetStrategy
@ autoscaling autoscaling/v1
ContainerResourceMetricSource name=1 targetAverageUtilization=2:int targetAverageValue=3:Quantity container=5
ContainerResourceMetricStatus name=1 currentAverageUtilization=2:int currentAverageValue=3:Quantity container=4
CrossVersionObjectReference kind=1 name=2 apiVersion=3
ExternalMetricSource metricName=1 metricSelector=2:meta.LabelSelector targetValue=3:Quantity targetAverageValue=4:Quantity
ExternalMetricStatus metricName=1 metricSelector=2:meta.LabelSelector currentValue=3:Quantity currentAverageValue=4:Quantity
HorizontalPodAutoscaler metadata=1:meta.ObjectMeta spec=2:HorizontalPodAutoscalerSpec status=3:HorizontalPodAutoscalerStatus
HorizontalPodAutoscalerCondition type=1 status=2 lastTransitionTime=3:Time reason=4 message=5
HorizontalPodAutoscalerList metadata=1:meta.ListMeta items=2:*HorizontalPodAutoscaler
HorizontalPodAutoscalerSpec scaleTargetRef=1:CrossVersionObjectReference minReplicas=2:int maxReplicas=3:int targetCPUUtilizationPercentage=4:int
HorizontalPodAutoscalerStatus observedGeneration=1:int lastScaleTime=2:Time currentReplicas=3:int desiredReplicas=4:int currentCPUUtilizationPercentage=5:int
MetricSpec type=1 object=2:ObjectMetricSource pods=3:PodsMetricSource resource=4:ResourceMetricSource external=5:ExternalMetricSource containerResource=7:ContainerResourceMetricSource
MetricStatus type=1 object=2:ObjectMetricStatus pods=3:PodsMetricStatus resource=4:ResourceMetricStatus external=5:ExternalMetricStatus containerResource=7:ContainerResourceMetricStatus
ObjectMetricSource target=1:CrossVersionObjectReference metricName=2 targetValue=3:Quantity selector=4:meta.LabelSelector averageValue=5:Quantity
ObjectMetricStatus target=1:CrossVersionObjectReference metricName=2 currentValue=3:Quantity selector=4:meta.LabelSelector averageValue=5:Quantity
PodsMetricSource metricName=1 targetAverageValue=2:Quantity selector=3:meta.LabelSelector
PodsMetricStatus metricName=1 currentAverageValue=2:Quantity selector=3:meta.LabelSelector
ResourceMetricSource name=1 targetAverageUtilization=2:int targetAverageValue=3:Quantity
ResourceMetricStatus name=1 currentAverageUtilization=2:int currentAverageValue=3:Quantity
Scale metadata=1:meta.ObjectMeta spec=2:ScaleSpec status=3:ScaleStatus
ScaleSpec replicas=1:int
ScaleStatus replicas=1:int selector=2
@ autoscalingV2 autoscaling/v2
ContainerResourceMetricSource name=1 target=2:MetricTarget container=3
ContainerResourceMetricStatus name=1 current=2:MetricValueStatus container=3
CrossVersionObjectReference kind=1 name=2 apiVersion=3
ExternalMetricSource metric=1:MetricIdentifier target=2:MetricTarget
ExternalMetricStatus metric=1:MetricIdentifier current=2:MetricValueStatus
HPAScalingPolicy type=1 value=2:int periodSeconds=3:int
HPAScalingRules selectPolicy=1 policies=2:*HPAScalingPolicy stabilizationWindowSeconds=3:int tolerance=4:Quantity
HorizontalPodAutoscaler metadata=1:meta.ObjectMeta spec=2:HorizontalPodAutoscalerSpec status=3:HorizontalPodAutoscalerStatus
HorizontalPodAutoscalerBehavior scaleUp=1:HPAScalingRules scaleDown=2:HPAScalingRules
HorizontalPodAutoscalerCondition type=1 status=2 lastTransitionTime=3:Time reason=4 message=5
HorizontalPodAutoscalerList metadata=1:meta.ListMeta items=2:*HorizontalPodAutoscaler
HorizontalPodAutoscalerSpec scaleTargetRef=1:CrossVersionObjectReference minReplicas=2:int maxReplicas=3:int metrics=4:*MetricSpec behavior=5:HorizontalPodAutoscalerBehavior
HorizontalPodAutoscalerStatus observedGeneration=1:int lastScaleTime=2:Time currentReplicas=3:int desiredReplicas=4:int currentMetrics=5:*MetricStatus conditions=6:*HorizontalPodAutoscalerCondition
MetricIdentifier name=1 selector=2:meta.LabelSelector
MetricSpec type=1 object=2:ObjectMetricSource pods=3:PodsMetricSource resource=4:ResourceMetricSource external=5:ExternalMetricSource containerResource=7:ContainerResourceMetricSource
MetricStatus type=1 object=2:ObjectMetricStatus pods=3:PodsMetricStatus resource=4:ResourceMetricStatus external=5:ExternalMetricStatus containerResource=7:ContainerResourceMetricStatus
MetricTarget type=1 value=2:Quantity averageValue=3:Quantity averageUtilization=4:int
MetricValueStatus value=1:Quantity averageValue=2:Quantity averageUtilization=3:int
ObjectMetricSource describedObject=1:CrossVersionObjectReference target=2:MetricTarget metric=3:MetricIdentifier
ObjectMetricStatus metric=1:MetricIdentifier current=2:MetricValueStatus describedObject=3:CrossVersionObjectReference
PodsMetricSource metric=1:MetricIdentifier target=2:MetricTarget
PodsMetricStatus metric=1:MetricIdentifier current=2:MetricValueStatus
ResourceMetricSource name=1 target=2:MetricTarget
ResourceMetricStatus name=1 current=2:MetricValueStatus
@ batch batch/v1
CronJob metadata=1:meta.ObjectMeta spec=2:CronJobSpec status=3:CronJobStatus
CronJobList metadata=1:meta.ListMeta items=2:*CronJob
CronJobSpec schedule=1 startingDeadlineSeconds=2:int concurrencyPolicy=3 suspend=4:bool jobTemplate=5:JobTemplateSpec successfulJobsHistoryLimit=6:int failedJobsHistoryLimit=7:int timeZone=8
CronJobStatus active=1:*core.ObjectReference lastScheduleTime=4:Time lastSuccessfulTime=5:Time
Job metadata=1:meta.ObjectMeta spec=2:JobSpec status=3:JobStatus
JobCondition type=1 status=2 lastProbeTime=3:Time lastTransitionTime=4:Time reason=5 message=6
JobList metadata=1:meta.ListMeta items=2:*Job
JobSpec parallelism=1:int completions=2:int activeDeadlineSeconds=3:int selector=4:meta.LabelSelector manualSelector=5:bool template=6:core.PodTemplateSpec backoffLimit=7:int ttlSecondsAfterFinished=8:int completionMode=9 suspend=10:bool podFailurePolicy=11:PodFailurePolicy backoffLimitPerIndex=12:int maxFailedIndexes=13:int podReplacementPolicy=14 managedBy=15 successPolicy=16:SuccessPolicy
JobStatus conditions=1:*JobCondition startTime=2:Time completionTime=3:Time active=4:int succeeded=5:int failed=6:int completedIndexes=7 uncountedTerminatedPods=8:UncountedTerminatedPods ready=9:int failedIndexes=10 terminating=11:int
JobTemplateSpec metadata=1:meta.ObjectMeta spec=2:JobSpec
PodFailurePolicy rules=1:*PodFailurePolicyRule
PodFailurePolicyOnExitCodesRequirement containerName=1 operator=2 values=3:*int
PodFailurePolicyOnPodConditionsPattern type=1 status=2
PodFailurePolicyRule action=1 onExitCodes=2:PodFailurePolicyOnExitCodesRequirement onPodConditions=3:*PodFailurePolicyOnPodConditionsPattern
SuccessPolicy rules=1:*SuccessPolicyRule
SuccessPolicyRule succeededIndexes=1 succeededCount=2:int
UncountedTerminatedPods succeeded=1:*string failed=2:*string
@ policy policy/v1
Eviction metadata=1:meta.ObjectMeta deleteOptions=2:meta.DeleteOptions
PodDisruptionBudget metadata=1:meta.ObjectMeta spec=2:PodDisruptionBudgetSpec status=3:PodDisruptionBudgetStatus
PodDisruptionBudgetList metadata=1:meta.ListMeta items=2:*PodDisruptionBudget
PodDisruptionBudgetSpec minAvailable=1:IntOrString selector=2:meta.LabelSelector maxUnavailable=3:IntOrString unhealthyPodEvictionPolicy=4
PodDisruptionBudgetStatus observedGeneration=1:int disruptedPods=2:{Time} disruptionsAllowed=3:int currentHealthy=4:int desiredHealthy=5:int expectedPods=6:int conditions=7:*meta.Condition
`;
