import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import type {
  BackendTlsPolicy,
  Gateway,
  GatewayClass,
  Listener,
  ReferenceGrant,
  Route,
} from "@/lib/cluster/addons/gateway-api/types";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { ConfigMap, EndpointSlice, Namespace, Secret, Service } from "@/lib/cluster/resources/types";
import { createAuthority, issue } from "@/lib/core/x509/certificate";
import type { Inputs } from "../model/graph";

export const className = "gateway-conformance";
export const controllerName = "gateway.nginx.org/nginx-gateway-controller";
const namespaces = [
  "gateway-conformance-infra",
  "gateway-conformance-app-backend",
  "gateway-conformance-web-backend",
];

/** A Service of the manifests and where its pods would listen: an address of the loopback network. */
export interface Backend {
  namespace: string;
  name: string;
  address: string;
}

/** The manifests of one test over the common ones, as a cluster would hold them. */
export interface Cluster {
  inputs: Inputs;
  backends: Backend[];
}

export function readCluster(folder: string, manifests: string[]): Cluster {
  const objects = ["base/manifests.yaml", ...manifests].flatMap((file) => readObjects(join(folder, file)));
  const of = <T extends KubeObject>(kind: string) =>
    objects.filter((object): object is T => object.kind === kind);
  const services = of<Service>("Service");
  const backends = services.map(({ metadata: { namespace = "", name } }) => ({
    namespace,
    name,
    address: addressOf(`${namespace}/${name}`),
  }));
  const secrets = [...of<Secret>("Secret"), ...(made ??= suiteSecrets())];
  const allNamespaces: Namespace[] = [
    ...of<Namespace>("Namespace"),
    ...namespaces.map((name): Namespace => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } })),
  ];
  const find = <T extends KubeObject>(list: T[], namespace: string | undefined, name: string) =>
    list.find(
      (one) =>
        one.metadata.name === name && (one.metadata.namespace ?? undefined) === (namespace ?? undefined),
    );
  return {
    backends,
    inputs: {
      classes: [
        ...of<GatewayClass>("GatewayClass"),
        {
          apiVersion: "gateway.networking.k8s.io/v1",
          kind: "GatewayClass",
          metadata: { name: className },
          spec: { controllerName },
        },
      ],
      gateways: of<Gateway>("Gateway").map(withDefaults),
      routes: ["HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute"].flatMap((kind) =>
        of<Route>(kind),
      ),
      grants: of<ReferenceGrant>("ReferenceGrant"),
      policies: of<BackendTlsPolicy>("BackendTLSPolicy"),
      configMap: (namespace, name) => find(of<ConfigMap>("ConfigMap"), namespace, name),
      service: (namespace, name) => find(services, namespace, name),
      slicesOf: (namespace, name) => {
        const service = find(services, namespace, name);
        const backend = backends.find((one) => one.namespace === namespace && one.name === name);
        return service && backend ? [slice(service, backend.address)] : [];
      },
      secret: (namespace, name) => find(secrets, namespace, name),
      namespace: (name) => {
        const found = find(allNamespaces, undefined, name);
        return (
          found && {
            ...found,
            metadata: {
              ...found.metadata,
              labels: { ...found.metadata.labels, "kubernetes.io/metadata.name": name },
            },
          }
        );
      },
    },
  };
}

const addresses = new Map<string, string>();
/** The same for a Service in every test. */
function addressOf(key: string): string {
  const address = addresses.get(key) ?? `127.1.${addresses.size + 1}.1`;
  addresses.set(key, address);
  return address;
}

/** What the API server fills in. */
function withDefaults(gateway: Gateway): Gateway {
  const listeners = gateway.spec.listeners.map((listener): Listener => ({
    ...listener,
    ...(listener.tls ? { tls: { mode: "Terminate", ...listener.tls } } : {}),
  }));
  return { ...gateway, spec: { ...gateway.spec, listeners } };
}

function slice({ metadata, spec }: Service, address: string): EndpointSlice {
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name: metadata.name, namespace: metadata.namespace! },
    addressType: "IPv4",
    endpoints: [{ addresses: [address], conditions: { ready: true } }],
    ports: (spec.ports ?? []).map(({ name, port, targetPort, protocol }) => ({
      ...(name ? { name } : {}),
      port: Number(targetPort ?? port),
      protocol: protocol ?? "TCP",
    })),
  };
}

let made: Secret[] | undefined;
/** Certificates that the suite makes before its tests. */
function suiteSecrets(): Secret[] {
  const authority = createAuthority("conformance", Date.now());
  const tls = (namespace: string, name: string, dnsNames: string[]): Secret => {
    const { certificatePem, privateKeyPem } = issue(authority, {
      commonName: dnsNames[0]!,
      usages: ["serverAuth"],
      dnsNames,
      nowMs: Date.now(),
    });
    const encode = (text: string) => Buffer.from(text).toString("base64");
    return {
      apiVersion: "v1",
      kind: "Secret",
      type: "kubernetes.io/tls",
      metadata: { name, namespace },
      data: { "tls.crt": encode(certificatePem), "tls.key": encode(privateKeyPem) },
    };
  };
  const hosts = ["example.org", "*.example.org", "second-example.org", "*.wildcard.org", "abc.example.com"];
  return [
    tls(namespaces[0]!, "tls-validity-checks-certificate", hosts),
    tls(namespaces[0]!, "tls-passthrough-checks-certificate", hosts),
    tls(namespaces[0]!, "tls-checks-certificate", hosts),
    tls(namespaces[1]!, "tls-passthrough-checks-certificate", hosts),
    tls(namespaces[2]!, "certificate", hosts),
  ];
}

const placeholders = {
  "{GATEWAY_CLASS_NAME}": className,
  "{GATEWAY_CONTROLLER_NAME}": controllerName,
  PLACEHOLDER_UNUSABLE_ADDRS: "198.51.100.0",
  PLACEHOLDER_USABLE_ADDRS: "192.0.2.1",
};

let count = 0;
const files = new Map<string, KubeObject[]>();
function readObjects(file: string): KubeObject[] {
  const known = files.get(file);
  if (known) return known;
  const text = Object.entries(placeholders).reduce(
    (all, [name, value]) => all.replaceAll(name, value),
    readFileSync(file, "utf8"),
  );
  const objects = parseAllDocuments(text, { logLevel: "error" })
    .map((document) => document.toJS() as KubeObject | null)
    .filter((object) => object !== null)
    .map((object) => ({
      ...object,
      metadata: {
        ...object.metadata,
        generation: 1,
        // One after the other, as they are applied.
        creationTimestamp: new Date(++count * 1000).toISOString(),
      },
    }));
  files.set(file, objects);
  return objects;
}
