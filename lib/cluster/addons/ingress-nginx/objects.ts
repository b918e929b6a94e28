import type { KubeObject } from "@/lib/cluster/resources/kind";

const namespace = "ingress-nginx";
const rbac = "rbac.authorization.k8s.io";
const common = {
  "app.kubernetes.io/instance": "ingress-nginx",
  "app.kubernetes.io/name": "ingress-nginx",
  "app.kubernetes.io/part-of": "ingress-nginx",
};
const controllerLabels = { ...common, "app.kubernetes.io/component": "controller" };
const webhookLabels = { ...common, "app.kubernetes.io/component": "admission-webhook" };
const image = "registry.k8s.io/ingress-nginx/controller:v1.13.3";
const certgenImage = "registry.k8s.io/ingress-nginx/kube-webhook-certgen:v1.6.3";

export interface IngressNginxOptions {
  serviceType: "NodePort" | "LoadBalancer";
  httpNodePort?: number | undefined;
  httpsNodePort?: number | undefined;
  isDefaultClass: boolean;
  webhook: boolean;
}

/** What ingress-nginx's manifest for bare metal installs (deploy/static/provider/baremetal, 1.13). */
export function ingressNginxObjects(options: IngressNginxOptions): KubeObject[] {
  return [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels: common } },
    ...accounts(),
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "ingress-nginx-controller", namespace, labels: controllerLabels },
    },
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "IngressClass",
      metadata: {
        name: "nginx",
        labels: controllerLabels,
        ...(options.isDefaultClass
          ? { annotations: { "ingressclass.kubernetes.io/is-default-class": "true" } }
          : {}),
      },
      spec: { controller: "k8s.io/ingress-nginx" },
    },
    service(options),
    ...(options.webhook ? webhook() : []),
    deployment(options),
  ];
}

function accounts(): KubeObject[] {
  const account = { kind: "ServiceAccount", name: "ingress-nginx", namespace };
  return [
    {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name: "ingress-nginx", namespace, labels: controllerLabels },
      automountServiceAccountToken: true,
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: "ClusterRole",
      metadata: { name: "ingress-nginx", labels: common },
      rules: [
        {
          apiGroups: [""],
          resources: ["configmaps", "endpoints", "nodes", "pods", "secrets", "namespaces"],
          verbs: ["list", "watch"],
        },
        { apiGroups: [""], resources: ["nodes"], verbs: ["get"] },
        { apiGroups: [""], resources: ["services"], verbs: ["get", "list", "watch"] },
        { apiGroups: [""], resources: ["events"], verbs: ["create", "patch"] },
        { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["list", "watch"] },
        {
          apiGroups: ["networking.k8s.io"],
          resources: ["ingresses", "ingressclasses"],
          verbs: ["get", "list", "watch"],
        },
        { apiGroups: ["networking.k8s.io"], resources: ["ingresses/status"], verbs: ["update"] },
        { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: ["list", "watch", "get"] },
      ],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: "ClusterRoleBinding",
      metadata: { name: "ingress-nginx", labels: common },
      roleRef: { apiGroup: rbac, kind: "ClusterRole", name: "ingress-nginx" },
      subjects: [account],
    },
  ];
}

function service({ serviceType, httpNodePort, httpsNodePort }: IngressNginxOptions): KubeObject {
  const port = (name: string, number: number, nodePort: number | undefined) => ({
    appProtocol: name,
    name,
    port: number,
    protocol: "TCP",
    targetPort: name,
    ...(nodePort === undefined ? {} : { nodePort }),
  });
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "ingress-nginx-controller", namespace, labels: controllerLabels },
    spec: {
      type: serviceType,
      ports: [port("http", 80, httpNodePort), port("https", 443, httpsNodePort)],
      selector: controllerLabels,
    },
  };
}

function deployment({ webhook: hasWebhook }: IngressNginxOptions): KubeObject {
  const probe = { httpGet: { path: "/healthz", port: 10254, scheme: "HTTP" }, periodSeconds: 10 };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "ingress-nginx-controller", namespace, labels: controllerLabels },
    spec: {
      minReadySeconds: 0,
      revisionHistoryLimit: 10,
      selector: { matchLabels: controllerLabels },
      template: {
        metadata: { labels: controllerLabels },
        spec: {
          serviceAccountName: "ingress-nginx",
          terminationGracePeriodSeconds: 30,
          nodeSelector: { "kubernetes.io/os": "linux" },
          containers: [
            {
              name: "controller",
              image,
              imagePullPolicy: "IfNotPresent",
              args: [
                "/nginx-ingress-controller",
                "--publish-service=$(POD_NAMESPACE)/ingress-nginx-controller",
                "--election-id=ingress-nginx-leader",
                "--controller-class=k8s.io/ingress-nginx",
                "--ingress-class=nginx",
                "--configmap=$(POD_NAMESPACE)/ingress-nginx-controller",
                ...(hasWebhook
                  ? [
                      "--validating-webhook=:8443",
                      "--validating-webhook-certificate=/usr/local/certificates/cert",
                      "--validating-webhook-key=/usr/local/certificates/key",
                    ]
                  : []),
              ],
              env: [
                { name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
                { name: "POD_NAMESPACE", valueFrom: { fieldRef: { fieldPath: "metadata.namespace" } } },
              ],
              ports: [
                { containerPort: 80, name: "http", protocol: "TCP" },
                { containerPort: 443, name: "https", protocol: "TCP" },
                ...(hasWebhook ? [{ containerPort: 8443, name: "webhook", protocol: "TCP" }] : []),
              ],
              livenessProbe: { ...probe, initialDelaySeconds: 10, failureThreshold: 5 },
              readinessProbe: { ...probe, periodSeconds: 1, failureThreshold: 3 },
              resources: { requests: { cpu: "100m", memory: "90Mi" } },
              securityContext: {
                allowPrivilegeEscalation: false,
                capabilities: { add: ["NET_BIND_SERVICE"], drop: ["ALL"] },
                readOnlyRootFilesystem: false,
                runAsGroup: 82,
                runAsNonRoot: true,
                runAsUser: 101,
                seccompProfile: { type: "RuntimeDefault" },
              },
              ...(hasWebhook
                ? {
                    volumeMounts: [
                      { mountPath: "/usr/local/certificates/", name: "webhook-cert", readOnly: true },
                    ],
                  }
                : {}),
            },
          ],
          ...(hasWebhook
            ? { volumes: [{ name: "webhook-cert", secret: { secretName: "ingress-nginx-admission" } }] }
            : {}),
        },
      },
    },
  };
}

function webhook(): KubeObject[] {
  const name = "ingress-nginx-admission";
  const account = { kind: "ServiceAccount", name, namespace };
  return [
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace, labels: webhookLabels } },
    {
      apiVersion: `${rbac}/v1`,
      kind: "ClusterRole",
      metadata: { name, labels: webhookLabels },
      rules: [
        {
          apiGroups: ["admissionregistration.k8s.io"],
          resources: ["validatingwebhookconfigurations"],
          verbs: ["get", "update"],
        },
      ],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: "ClusterRoleBinding",
      metadata: { name, labels: webhookLabels },
      roleRef: { apiGroup: rbac, kind: "ClusterRole", name },
      subjects: [account],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: "Role",
      metadata: { name, namespace, labels: webhookLabels },
      rules: [{ apiGroups: [""], resources: ["secrets"], verbs: ["get", "create"] }],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: "RoleBinding",
      metadata: { name, namespace, labels: webhookLabels },
      roleRef: { apiGroup: rbac, kind: "Role", name },
      subjects: [account],
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "ingress-nginx-controller-admission", namespace, labels: controllerLabels },
      spec: {
        type: "ClusterIP",
        ports: [{ appProtocol: "https", name: "https-webhook", port: 443, targetPort: "webhook" }],
        selector: controllerLabels,
      },
    },
    job("create", [
      "--host=ingress-nginx-controller-admission,ingress-nginx-controller-admission.$(POD_NAMESPACE).svc",
    ]),
    job("patch", [
      "--webhook-name=ingress-nginx-admission",
      "--patch-mutating=false",
      "--patch-failure-policy=Fail",
    ]),
    {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "ValidatingWebhookConfiguration",
      metadata: { name, labels: webhookLabels },
      webhooks: [
        {
          name: "validate.nginx.ingress.kubernetes.io",
          admissionReviewVersions: ["v1"],
          clientConfig: {
            service: {
              name: "ingress-nginx-controller-admission",
              namespace,
              path: "/networking/v1/ingresses",
              port: 443,
            },
          },
          failurePolicy: "Fail",
          matchPolicy: "Equivalent",
          rules: [
            {
              apiGroups: ["networking.k8s.io"],
              apiVersions: ["v1"],
              operations: ["CREATE", "UPDATE"],
              resources: ["ingresses"],
            },
          ],
          sideEffects: "None",
        },
      ],
    },
  ];
}

function job(command: "create" | "patch", args: string[]): KubeObject {
  const name = `ingress-nginx-admission-${command}`;
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name, namespace, labels: webhookLabels },
    spec: {
      template: {
        metadata: { name, labels: webhookLabels },
        spec: {
          restartPolicy: "OnFailure",
          serviceAccountName: "ingress-nginx-admission",
          nodeSelector: { "kubernetes.io/os": "linux" },
          containers: [
            {
              name: command,
              image: certgenImage,
              imagePullPolicy: "IfNotPresent",
              args: [
                command,
                "--namespace=$(POD_NAMESPACE)",
                "--secret-name=ingress-nginx-admission",
                ...args,
              ],
              env: [{ name: "POD_NAMESPACE", valueFrom: { fieldRef: { fieldPath: "metadata.namespace" } } }],
              securityContext: {
                allowPrivilegeEscalation: false,
                capabilities: { drop: ["ALL"] },
                readOnlyRootFilesystem: true,
                runAsGroup: 65532,
                runAsNonRoot: true,
                runAsUser: 65532,
                seccompProfile: { type: "RuntimeDefault" },
              },
            },
          ],
        },
      },
    },
  };
}
