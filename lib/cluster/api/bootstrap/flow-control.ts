import type { KubeObject } from "@/lib/cluster/resources/kind";

const apiVersion = "flowcontrol.apiserver.k8s.io/v1";
const annotations = { "apf.kubernetes.io/autoupdate-spec": "true" };

/** name, shares, lendable percent; queues, hand size and queue length where requests wait. */
const levelFacts = `
catch-all 5 0
system 30 33 64 6 50
node-high 40 25 64 6 50
leader-election 10 0 16 4 50
workload-high 40 50 128 6 50
workload-low 100 90 128 6 50
global-default 20 50 128 6 50
`;

/** name, level, precedence and what tells flows apart; below it who, and below those what: verbs | groups | resources | namespaces. */
const schemaFacts = `
exempt exempt 1 -
  group system:masters
    * | * | *
    * | /*
probes exempt 2 -
  group system:unauthenticated system:authenticated
    get | /healthz /readyz /livez
system-leader-election leader-election 100 ByUser
  user system:kube-controller-manager system:kube-scheduler
  account kube-system/*
    get create update | coordination.k8s.io | leases | kube-system
endpoint-controller workload-high 150 ByUser
  user system:kube-controller-manager
  account kube-system/endpoint-controller kube-system/endpointslice-controller kube-system/endpointslicemirroring-controller
    get create update | core | endpoints
    get create update | discovery.k8s.io | endpointslices
workload-leader-election leader-election 200 ByUser
  account kube-system/*
    get create update | coordination.k8s.io | leases
system-node-high node-high 400 ByUser
  group system:nodes
    * | core | nodes nodes/status
    * | coordination.k8s.io | leases
system-nodes system 500 ByUser
  group system:nodes
    * | * | *
    * | /*
kube-controller-manager workload-high 800 ByNamespace
  user system:kube-controller-manager
    * | * | *
    * | /*
kube-scheduler workload-high 800 ByNamespace
  user system:kube-scheduler
    * | * | *
    * | /*
kube-system-service-accounts workload-high 900 ByNamespace
  account kube-system/*
    * | * | *
    * | /*
service-accounts workload-low 9000 ByUser
  group system:serviceaccounts
    * | * | *
    * | /*
global-default global-default 9900 ByUser
  group system:unauthenticated system:authenticated
    * | * | *
    * | /*
catch-all catch-all 10000 ByUser
  group system:unauthenticated system:authenticated
    * | * | *
    * | /*
`;

/** What upstream's API server makes of priority and fairness at its start (apiserver 1.34 pkg/apis/flowcontrol/bootstrap). */
export function bootstrapFlowControl(): KubeObject[] {
  return [exemptLevel(), ...lines(levelFacts).map(level), ...blocks(schemaFacts).map(schema)] as KubeObject[];
}

const lines = (text: string) => text.trim().split("\n");

const exemptLevel = () => ({
  apiVersion,
  kind: "PriorityLevelConfiguration",
  metadata: { name: "exempt", annotations },
  spec: { type: "Exempt", exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 } },
});

function level(line: string) {
  const [name, ...numbers] = line.split(" ");
  const [nominalConcurrencyShares, lendablePercent, queues, handSize, queueLengthLimit] = numbers.map(Number);
  const limitResponse =
    queues === undefined
      ? { type: "Reject" }
      : { type: "Queue", queuing: { queues, handSize, queueLengthLimit } };
  return {
    apiVersion,
    kind: "PriorityLevelConfiguration",
    metadata: { name, annotations },
    spec: { type: "Limited", limited: { nominalConcurrencyShares, lendablePercent, limitResponse } },
  };
}

interface Rule {
  subjects: object[];
  resourceRules: object[];
  nonResourceRules: object[];
}

function schema([head = "", ...below]: string[]) {
  const [name, levelName, precedence, method] = head.split(" ");
  const rule: Rule = { subjects: [], resourceRules: [], nonResourceRules: [] };
  for (const line of below) {
    if (line.startsWith("    ")) addRule(rule, line.trim());
    else rule.subjects.push(...subjects(line.trim().split(" ")));
  }
  const parts = Object.entries(rule).filter(([, list]) => (list as object[]).length > 0);
  return {
    apiVersion,
    kind: "FlowSchema",
    metadata: { name, annotations },
    spec: {
      priorityLevelConfiguration: { name: levelName },
      matchingPrecedence: Number(precedence),
      ...(method === "-" ? {} : { distinguisherMethod: { type: method } }),
      rules: [Object.fromEntries(parts)],
    },
  };
}

function subjects([kind, ...names]: string[]): object[] {
  return names.map((name) => {
    if (kind === "group") return { kind: "Group", group: { name } };
    if (kind === "user") return { kind: "User", user: { name } };
    const [namespace, account] = name.split("/");
    return { kind: "ServiceAccount", serviceAccount: { namespace, name: account } };
  });
}

function addRule(rule: Rule, line: string): void {
  const [verbs = [], ...rest] = line.split(" | ").map((words) => words.split(" "));
  if (rest.length === 1) return void rule.nonResourceRules.push({ verbs, nonResourceURLs: rest[0] });
  const [groups = [], resources = [], namespaces = ["*"]] = rest;
  const apiGroups = groups.map((group) => (group === "core" ? "" : group));
  const isOfCluster = resources.includes("*") || resources.includes("nodes");
  rule.resourceRules.push({
    verbs,
    apiGroups,
    resources,
    ...(isOfCluster ? { clusterScope: true } : {}),
    namespaces,
  });
}

/** Each line without an indent with those below it. */
function blocks(text: string): string[][] {
  const found: string[][] = [];
  for (const line of lines(text))
    if (line.startsWith(" ")) found.at(-1)?.push(line);
    else found.push([line]);
  return found;
}
