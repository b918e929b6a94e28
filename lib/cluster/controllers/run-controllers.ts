import type { ControllerContext, Running } from "./controller";
import { runCertificates } from "./certificates/certificates";
import { runCronJobs } from "./cron-job/cron-job";
import { runDaemonSets } from "./daemon-set/daemon-set";
import { runDeployments } from "./deployment/deployment";
import { runDisruption } from "./disruption/disruption";
import { runEndpoints } from "./endpoints/endpoints";
import { runEndpointSliceMirroring } from "./endpoints/mirroring";
import { runGarbageCollector } from "./garbage-collector/garbage-collector";
import { runHorizontalPodAutoscalers } from "./horizontal-pod-autoscaler/horizontal-pod-autoscaler";
import { runJobs } from "./job/job";
import { runTtlAfterFinished } from "./job/ttl";
import { runNamespaces } from "./namespace/namespace";
import { runNodeIpam } from "./node-ipam/node-ipam";
import { runNodeLifecycle } from "./node-lifecycle/node-lifecycle";
import { runNodeTtl } from "./node-ttl/node-ttl";
import { runEphemeralVolumes } from "./persistent-volume/ephemeral";
import { runLocalPathProvisioner } from "./persistent-volume/local-path";
import { runPersistentVolumes } from "./persistent-volume/persistent-volumes";
import { runVolumeProtection } from "./persistent-volume/protection";
import { runPodGc } from "./pod-gc/pod-gc";
import { runReplicaSets, runReplicationControllers } from "./replica-set/replica-set";
import { runScheduler } from "./scheduler/scheduler";
import { runServiceAccounts } from "./service-account/service-account";
import { runStatefulSets } from "./stateful-set/stateful-set";
import { runTaintEviction } from "./taint-eviction/taint-eviction";

const all: ((context: ControllerContext) => Running)[] = [
  runNodeIpam,
  runNodeLifecycle,
  runNodeTtl,
  runTaintEviction,
  runPodGc,
  runServiceAccounts,
  runScheduler,
  runReplicaSets,
  runReplicationControllers,
  runDeployments,
  runDaemonSets,
  runStatefulSets,
  runJobs,
  runTtlAfterFinished,
  runCronJobs,
  runHorizontalPodAutoscalers,
  runEndpoints,
  runEndpointSliceMirroring,
  runCertificates,
  runDisruption,
  runPersistentVolumes,
  runVolumeProtection,
  runEphemeralVolumes,
  runLocalPathProvisioner,
  runNamespaces,
  runGarbageCollector,
];

/** kube-controller-manager and kube-scheduler of one cluster, or one of them. */
export function runControllers(
  context: ControllerContext,
  component?: "kube-scheduler" | "kube-controller-manager",
): Running {
  const running = all
    .filter((run) => !component || (run === runScheduler) === (component === "kube-scheduler"))
    .map((run) => run(context));
  return {
    async stop() {
      await Promise.all(running.map((one) => one.stop()));
    },
  };
}
