import { GoYamlError, parseGoYaml } from "@/lib/cluster/node/go-yaml";

/** KubeletConfiguration v1beta1 of 1.34 (staging/src/k8s.io/kubelet/config/v1beta1/types.go): its fields by Go's type. */
const fieldsByType = {
  string:
    "kind apiVersion staticPodPath podLogsDir staticPodURL address tlsCertFile tlsPrivateKeyFile tlsMinVersion clusterDomain " +
    "healthzBindAddress kubeletCgroups systemCgroups cgroupRoot cgroupDriver cpuManagerPolicy memoryManagerPolicy " +
    "topologyManagerPolicy topologyManagerScope hairpinMode podCIDR resolvConf configMapAndSecretChangeDetectionStrategy " +
    "containerLogMaxSize systemReservedCgroup kubeReservedCgroup showHiddenMetricsForVersion reservedSystemCPUs " +
    "volumePluginDir providerID containerRuntimeEndpoint imageServiceEndpoint imagePullCredentialsVerificationPolicy " +
    "imageMinimumGCAge imageMaximumGCAge syncFrequency fileCheckFrequency httpCheckFrequency streamingConnectionIdleTimeout " +
    "nodeStatusUpdateFrequency nodeStatusReportFrequency volumeStatsAggPeriod cpuManagerReconcilePeriod runtimeRequestTimeout " +
    "cpuCFSQuotaPeriod evictionPressureTransitionPeriod shutdownGracePeriod shutdownGracePeriodCriticalPods " +
    "containerLogMonitorInterval",
  int32:
    "port readOnlyPort registryPullQPS registryBurst eventRecordQPS eventBurst healthzPort oomScoreAdj " +
    "nodeLeaseDurationSeconds imageGCHighThresholdPercent imageGCLowThresholdPercent maxPods podPidsLimit maxOpenFiles " +
    "kubeAPIQPS kubeAPIBurst maxParallelImagePulls evictionMaxPodGracePeriod podsPerCore nodeStatusMaxImages " +
    "iptablesMasqueradeBit iptablesDropBit containerLogMaxFiles containerLogMaxWorkers",
  bool:
    "enableServer serverTLSBootstrap rotateCertificates enableDebuggingHandlers enableContentionProfiling cgroupsPerQOS " +
    "cpuCFSQuota serializeImagePulls protectKernelDefaults makeIPTablesUtilChains failSwapOn failCgroupV1 singleProcessOOMKill " +
    "enableControllerAttachDetach kernelMemcgNotification enableSystemLogHandler enableSystemLogQuery seccompDefault " +
    "registerNode enableProfilingHandler enableDebugFlagsHandler localStorageCapacityIsolation mergeDefaultEvictionSettings",
  "[]string":
    "tlsCipherSuites allowedUnsafeSysctls clusterDNS enforceNodeAllocatable reservedMemory registerWithTaints " +
    "shutdownGracePeriodByPodPriority preloadedImagesVerificationAllowlist",
  "map[string]string":
    "featureGates qosReserved evictionHard evictionSoft evictionSoftGracePeriod evictionMinimumReclaim systemReserved " +
    "kubeReserved cpuManagerPolicyOptions topologyManagerPolicyOptions staticPodURLHeader authentication authorization " +
    "memorySwap logging tracing crashLoopBackOff userNamespaces",
};
const typeOf = new Map(
  Object.entries(fieldsByType).flatMap(([type, names]) =>
    names.split(" ").map((name): [string, string] => [name, type]),
  ),
);
const inside: Record<string, string[]> = {
  authentication: ["x509", "webhook", "anonymous"],
  "authentication.x509": ["clientCAFile"],
  "authentication.webhook": ["enabled", "cacheTTL"],
  "authentication.anonymous": ["enabled"],
  authorization: ["mode", "webhook"],
  "authorization.webhook": ["cacheAuthorizedTTL", "cacheUnauthorizedTTL"],
};

const groupVersions = [
  "kubelet.config.k8s.io/v1beta1",
  "kubelet.config.k8s.io/v1alpha1",
  "kubelet.config.k8s.io/v1",
];
const scheme = "pkg/kubelet/apis/config/scheme/scheme.go:33";

export type Loaded =
  | { failure: string }
  /** `unknownFields` are told of and ignored, as v1beta1 has it. */
  | { unknownFields: string[] };

/** Loads the text as kubernetes 1.34's pkg/kubelet/kubeletconfig does; a failure in its words. */
export function loadKubeletConfiguration(path: string, text: string): Loaded {
  if (text === "") return { failure: `kubelet config file ${JSON.stringify(path)} was empty` };
  try {
    const object = parseGoYaml(text);
    if (!isMap(object))
      return failed(
        `couldn't get version/kind; json parse error: json: cannot unmarshal ${jsonType(object)} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`,
      );
    const { kind, apiVersion } = object;
    if (!kind) return failed(`Object 'Kind' is missing in '${JSON.stringify(object)}'`);
    if (!apiVersion) return failed(`Object 'apiVersion' is missing in '${JSON.stringify(object)}'`);
    if (!groupVersions.includes(String(apiVersion)) || kind !== "KubeletConfiguration")
      return failed(
        `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme ${JSON.stringify(scheme)}`,
      );
    for (const [name, value] of Object.entries(object)) {
      const type = typeOf.get(name);
      if (type && value !== null && !isOf(type, value))
        return failed(
          `json: cannot unmarshal ${jsonType(value)} into Go struct field KubeletConfiguration.${name} of type ${type}`,
        );
    }
    return { unknownFields: unknownIn(object) };
  } catch (failure) {
    if (!(failure instanceof GoYamlError)) throw failure;
    return failed(failure.message);
  }
}

function failed(why: string): Loaded {
  return { failure: `failed to decode: ${why}` };
}

function unknownIn(object: Record<string, unknown>, path = ""): string[] {
  return Object.entries(object).flatMap(([name, value]) => {
    const at = path ? `${path}.${name}` : name;
    const isKnown = path ? inside[path]!.includes(name) : typeOf.has(name);
    if (!isKnown) return [at];
    return inside[at] && isMap(value) ? unknownIn(value, at) : [];
  });
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isOf(type: string, value: unknown): boolean {
  if (type === "int32") return typeof value === "number";
  if (type === "bool") return typeof value === "boolean";
  if (type === "string") return typeof value === "string";
  return type === "[]string" ? Array.isArray(value) : isMap(value);
}

function jsonType(value: unknown): string {
  if (Array.isArray(value)) return "array";
  return { boolean: "bool", number: "number", string: "string" }[typeof value as string] ?? "object";
}
