const template = {
  metadata: { labels: { app: "a" } },
  spec: {
    nodeSelector: { a: "b" },
    tolerations: [{ key: "a", operator: "Exists", effect: "NoSchedule" }],
    affinity: {
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          { labelSelector: { matchLabels: { a: "b" } }, topologyKey: "x" },
        ],
      },
    },
    initContainers: [{ name: "i", image: "busybox", command: ["true"] }],
    containers: [
      {
        name: "c",
        image: "nginx:1",
        ports: [{ containerPort: 80, name: "http" }],
        env: [{ name: "A", valueFrom: { configMapKeyRef: { name: "a", key: "b" } } }],
        resources: { limits: { cpu: "1", memory: "1Gi" }, requests: { cpu: "100m" } },
        livenessProbe: { httpGet: { path: "/", port: 80 }, periodSeconds: 1 },
        volumeMounts: [{ name: "v", mountPath: "/v" }],
        securityContext: { runAsUser: 1, capabilities: { add: ["NET_ADMIN"] } },
      },
    ],
    volumes: [{ name: "v", projected: { sources: [{ secret: { name: "s" } }] } }],
  },
};
const metadata = { name: "fuzz", labels: { a: "b" }, annotations: { a: "b" } };
const selector = {
  matchLabels: { app: "a" },
  matchExpressions: [{ key: "app", operator: "In", values: ["a"] }],
};
const core = "/api/v1/namespaces/default";
const rule = {
  host: "a.example.com",
  http: {
    paths: [{ path: "/", pathType: "Prefix", backend: { service: { name: "a", port: { number: 80 } } } }],
  },
};

/** Objects that are accepted as they are, and where they are posted. */
export const goodObjects: { path: string; object: object }[] = [
  { path: `${core}/pods`, object: { apiVersion: "v1", kind: "Pod", metadata, spec: template.spec } },
  {
    path: `${core}/services`,
    object: {
      apiVersion: "v1",
      kind: "Service",
      metadata,
      spec: {
        type: "NodePort",
        selector: { a: "b" },
        ports: [{ name: "a", port: 80, targetPort: "http", nodePort: 30333, protocol: "TCP" }],
        sessionAffinityConfig: { clientIP: { timeoutSeconds: 5 } },
        sessionAffinity: "ClientIP",
      },
    },
  },
  {
    path: `${core}/configmaps`,
    object: {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata,
      data: { a: "b" },
      binaryData: { c: "YQ==" },
      immutable: false,
    },
  },
  {
    path: `${core}/secrets`,
    object: {
      apiVersion: "v1",
      kind: "Secret",
      metadata,
      type: "Opaque",
      data: { a: "YQ==" },
      stringData: { b: "c" },
    },
  },
  {
    path: `${core}/resourcequotas`,
    object: {
      apiVersion: "v1",
      kind: "ResourceQuota",
      metadata,
      spec: { hard: { pods: "5", "requests.cpu": "1" }, scopes: ["BestEffort"] },
    },
  },
  {
    path: `${core}/limitranges`,
    object: {
      apiVersion: "v1",
      kind: "LimitRange",
      metadata,
      spec: { limits: [{ type: "Container", max: { cpu: "2" }, default: { cpu: "1" } }] },
    },
  },
  {
    path: `${core}/persistentvolumeclaims`,
    object: {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata,
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
    },
  },
  {
    path: "/apis/apps/v1/namespaces/default/deployments",
    object: {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata,
      spec: {
        replicas: 1,
        selector,
        strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: 1 } },
        template,
      },
    },
  },
  {
    path: "/apis/apps/v1/namespaces/default/statefulsets",
    object: {
      apiVersion: "apps/v1",
      kind: "StatefulSet",
      metadata,
      spec: {
        serviceName: "a",
        selector,
        template,
        volumeClaimTemplates: [
          {
            metadata: { name: "v2" },
            spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
          },
        ],
      },
    },
  },
  {
    path: "/apis/batch/v1/namespaces/default/cronjobs",
    object: {
      apiVersion: "batch/v1",
      kind: "CronJob",
      metadata,
      spec: {
        schedule: "* * * * *",
        jobTemplate: {
          spec: {
            backoffLimit: 1,
            template: { ...template, spec: { ...template.spec, restartPolicy: "Never" } },
          },
        },
      },
    },
  },
  {
    path: "/apis/networking.k8s.io/v1/namespaces/default/ingresses",
    object: {
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata,
      spec: {
        ingressClassName: "nginx",
        tls: [{ hosts: ["a.example.com"], secretName: "s" }],
        rules: [rule],
      },
    },
  },
  {
    path: "/apis/networking.k8s.io/v1/namespaces/default/networkpolicies",
    object: {
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata,
      spec: {
        podSelector: selector,
        policyTypes: ["Ingress"],
        ingress: [
          {
            from: [{ ipBlock: { cidr: "10.0.0.0/8", except: ["10.1.0.0/16"] } }, { namespaceSelector: {} }],
            ports: [{ port: 80, endPort: 90, protocol: "TCP" }],
          },
        ],
      },
    },
  },
  {
    path: "/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles",
    object: {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "Role",
      metadata,
      rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }],
    },
  },
  {
    path: "/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings",
    object: {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata,
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "a" },
      subjects: [{ kind: "User", apiGroup: "rbac.authorization.k8s.io", name: "a" }],
    },
  },
  {
    path: "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers",
    object: {
      apiVersion: "autoscaling/v2",
      kind: "HorizontalPodAutoscaler",
      metadata,
      spec: {
        maxReplicas: 3,
        scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "a" },
        metrics: [
          {
            type: "Resource",
            resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 50 } },
          },
        ],
      },
    },
  },
  {
    path: "/apis/policy/v1/namespaces/default/poddisruptionbudgets",
    object: {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata,
      spec: { minAvailable: 1, selector },
    },
  },
  {
    path: "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices",
    object: {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata,
      addressType: "IPv4",
      endpoints: [{ addresses: ["10.0.0.1"], conditions: { ready: true } }],
      ports: [{ name: "a", port: 80, protocol: "TCP" }],
    },
  },
  {
    path: "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
    object: {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: "as.b.example" },
      spec: {
        group: "b.example",
        scope: "Namespaced",
        names: { plural: "as", kind: "A" },
        versions: [
          {
            name: "v1",
            served: true,
            storage: true,
            additionalPrinterColumns: [{ name: "X", type: "string", jsonPath: ".spec.x" }],
            schema: {
              openAPIV3Schema: {
                type: "object",
                properties: {
                  spec: {
                    type: "object",
                    properties: { x: { type: "string", pattern: "^a$", enum: ["a"], default: "a" } },
                  },
                },
              },
            },
          },
        ],
      },
    },
  },
];

/** A copy with the `at`-th value (of all, at every depth) replaced. */
export function replaced(object: object, at: number, value: unknown): unknown {
  const paths: (string | number)[][] = [];
  const visit = (node: unknown, path: (string | number)[]): void => {
    if (path.length > 0) paths.push(path);
    if (Array.isArray(node)) node.forEach((item, index) => visit(item, [...path, index]));
    else if (typeof node === "object" && node !== null)
      for (const [key, member] of Object.entries(node)) visit(member, [...path, key]);
  };
  visit(object, []);
  const copy = structuredClone(object);
  const path = paths[at % paths.length]!;
  let node = copy as Record<string | number, unknown>;
  for (const key of path.slice(0, -1)) node = node[key] as Record<string | number, unknown>;
  node[path.at(-1)!] = value;
  return copy;
}
