/** Field numbers of the protobuf messages; the notation is explained in ../messages.ts. */
export const extensions = `
@ admissionregistration admissionregistration.k8s.io/v1
AuditAnnotation key=1 valueExpression=2
ExpressionWarning fieldRef=2 warning=3
MatchCondition name=1 expression=2
MatchResources namespaceSelector=1:meta.LabelSelector objectSelector=2:meta.LabelSelector resourceRules=3:*NamedRuleWithOperations excludeResourceRules=4:*NamedRuleWithOperations matchPolicy=7
MutatingWebhook name=1 clientConfig=2:WebhookClientConfig rules=3:*RuleWithOperations failurePolicy=4 namespaceSelector=5:meta.LabelSelector sideEffects=6 timeoutSeconds=7:int admissionReviewVersions=8:*string matchPolicy=9 reinvocationPolicy=10 objectSelector=11:meta.LabelSelector matchConditions=12:*MatchCondition
MutatingWebhookConfiguration metadata=1:meta.ObjectMeta webhooks=2:*MutatingWebhook
MutatingWebhookConfigurationList metadata=1:meta.ListMeta items=2:*MutatingWebhookConfiguration
NamedRuleWithOperations resourceNames=1:*string ~=2:RuleWithOperations
ParamKind apiVersion=1 kind=2
ParamRef name=1 namespace=2 selector=3:meta.LabelSelector parameterNotFoundAction=4
Rule apiGroups=1:*string apiVersions=2:*string resources=3:*string scope=4
RuleWithOperations operations=1:*string ~=2:Rule
ServiceReference namespace=1 name=2 path=3 port=4:int
TypeChecking expressionWarnings=1:*ExpressionWarning
ValidatingAdmissionPolicy metadata=1:meta.ObjectMeta spec=2:ValidatingAdmissionPolicySpec status=3:ValidatingAdmissionPolicyStatus
ValidatingAdmissionPolicyBinding metadata=1:meta.ObjectMeta spec=2:ValidatingAdmissionPolicyBindingSpec
ValidatingAdmissionPolicyBindingList metadata=1:meta.ListMeta items=2:*ValidatingAdmissionPolicyBinding
ValidatingAdmissionPolicyBindingSpec policyName=1 paramRef=2:ParamRef matchResources=3:MatchResources validationActions=4:*string
ValidatingAdmissionPolicyList metadata=1:meta.ListMeta items=2:*ValidatingAdmissionPolicy
ValidatingAdmissionPolicySpec paramKind=1:ParamKind matchConstraints=2:MatchResources validations=3:*Validation failurePolicy=4 auditAnnotations=5:*AuditAnnotation matchConditions=6:*MatchCondition variables=7:*Variable
ValidatingAdmissionPolicyStatus observedGeneration=1:int typeChecking=2:TypeChecking conditions=3:*meta.Condition
ValidatingWebhook name=1 clientConfig=2:WebhookClientConfig rules=3:*RuleWithOperations failurePolicy=4 namespaceSelector=5:meta.LabelSelector sideEffects=6 timeoutSeconds=7:int admissionReviewVersions=8:*string matchPolicy=9 objectSelector=10:meta.LabelSelector matchConditions=11:*MatchCondition
ValidatingWebhookConfiguration metadata=1:meta.ObjectMeta webhooks=2:*ValidatingWebhook
ValidatingWebhookConfigurationList metadata=1:meta.ListMeta items=2:*ValidatingWebhookConfiguration
Validation expression=1 message=2 reason=3 messageExpression=4
Variable name=1 expression=2
WebhookClientConfig service=1:ServiceReference caBundle=2:bytes url=3
@ apiextensions apiextensions.k8s.io/v1
ConversionRequest uid=1 desiredAPIVersion=2 objects=3:*Raw
ConversionResponse uid=1 convertedObjects=2:*Raw result=3:meta.Status
ConversionReview request=1:ConversionRequest response=2:ConversionResponse
CustomResourceColumnDefinition name=1 type=2 format=3 description=4 priority=5:int jsonPath=6
CustomResourceConversion strategy=1 webhook=2:WebhookConversion
CustomResourceDefinition metadata=1:meta.ObjectMeta spec=2:CustomResourceDefinitionSpec status=3:CustomResourceDefinitionStatus
CustomResourceDefinitionCondition type=1 status=2 lastTransitionTime=3:Time reason=4 message=5
CustomResourceDefinitionList metadata=1:meta.ListMeta items=2:*CustomResourceDefinition
CustomResourceDefinitionNames plural=1 singular=2 shortNames=3:*string kind=4 listKind=5 categories=6:*string
CustomResourceDefinitionSpec group=1 names=3:CustomResourceDefinitionNames scope=4 versions=7:*CustomResourceDefinitionVersion conversion=9:CustomResourceConversion preserveUnknownFields=10:bool
CustomResourceDefinitionStatus conditions=1:*CustomResourceDefinitionCondition acceptedNames=2:CustomResourceDefinitionNames storedVersions=3:*string
CustomResourceDefinitionVersion name=1 served=2:bool storage=3:bool schema=4:CustomResourceValidation subresources=5:CustomResourceSubresources additionalPrinterColumns=6:*CustomResourceColumnDefinition deprecated=7:bool deprecationWarning=8 selectableFields=9:*SelectableField
CustomResourceSubresourceScale specReplicasPath=1 statusReplicasPath=2 labelSelectorPath=3
CustomResourceSubresourceStatus
CustomResourceSubresources status=1:CustomResourceSubresourceStatus scale=2:CustomResourceSubresourceScale
CustomResourceValidation openAPIV3Schema=1:JSONSchemaProps
ExternalDocumentation description=1 url=2
JSONSchemaProps id=1 $schema=2 $ref=3 description=4 type=5 format=6 title=7 default=8:Raw maximum=9:double exclusiveMaximum=10:bool minimum=11:double exclusiveMinimum=12:bool maxLength=13:int minLength=14:int pattern=15 maxItems=16:int minItems=17:int uniqueItems=18:bool multipleOf=19:double enum=20:*Raw maxProperties=21:int minProperties=22:int required=23:*string items=24:JSONSchemaPropsOrArray allOf=25:*JSONSchemaProps oneOf=26:*JSONSchemaProps anyOf=27:*JSONSchemaProps not=28:JSONSchemaProps properties=29:{JSONSchemaProps} additionalProperties=30:JSONSchemaPropsOrBool patternProperties=31:{JSONSchemaProps} dependencies=32:{JSONSchemaPropsOrStringArray} additionalItems=33:JSONSchemaPropsOrBool definitions=34:{JSONSchemaProps} externalDocs=35:ExternalDocumentation example=36:Raw nullable=37:bool x-kubernetes-preserve-unknown-fields=38:bool x-kubernetes-embedded-resource=39:bool x-kubernetes-int-or-string=40:bool x-kubernetes-list-map-keys=41:*string x-kubernetes-list-type=42 x-kubernetes-map-type=43 x-kubernetes-validations=44:*ValidationRule
JSONSchemaPropsOrArray schema=1:JSONSchemaProps jSONSchemas=2:*JSONSchemaProps
JSONSchemaPropsOrBool allows=1:bool schema=2:JSONSchemaProps
JSONSchemaPropsOrStringArray schema=1:JSONSchemaProps property=2:*string
SelectableField jsonPath=1
ServiceReference namespace=1 name=2 path=3 port=4:int
ValidationRule rule=1 message=2 messageExpression=3 reason=4 fieldPath=5 optionalOldSelf=6:bool
WebhookClientConfig service=1:ServiceReference caBundle=2:bytes url=3
WebhookConversion clientConfig=2:WebhookClientConfig conversionReviewVersions=3:*string
@ apiregistration apiregistration.k8s.io/v1
APIService metadata=1:meta.ObjectMeta spec=2:APIServiceSpec status=3:APIServiceStatus
APIServiceCondition type=1 status=2 lastTransitionTime=3:Time reason=4 message=5
APIServiceList metadata=1:meta.ListMeta items=2:*APIService
APIServiceSpec service=1:ServiceReference group=2 version=3 insecureSkipTLSVerify=4:bool caBundle=5:bytes groupPriorityMinimum=7:int versionPriority=8:int
APIServiceStatus conditions=1:*APIServiceCondition
ServiceReference namespace=1 name=2 port=3:int
`;
