import type { KubeObject } from "@/lib/cluster/resources/kind";
import { backendTlsPolicy } from "./backend-tls-policy";
import { group } from "./common";
import { gatewaySpec, gatewayStatus } from "./gateway";
import { gatewayClassSpec, gatewayClassStatus } from "./gateway-class";
import { grpcRoute, httpRoute, portRoute, referenceGrantSpec, tlsRoute } from "./routes";
import type { Schema } from "./schema";

interface Kind {
  kind: string;
  plural: string;
  description: string;
  shortNames?: string[];
  scope?: "Cluster";
  /** The stored one first. */
  versions: string[];
  columns?: [name: string, jsonPath: string][];
  spec: Schema;
  status?: Schema;
  specIsOptional?: boolean;
  isExperimental?: boolean;
}

export type Channel = "standard" | "experimental";

const kinds: Kind[] = [
  {
    kind: "GatewayClass",
    plural: "gatewayclasses",
    description: "A class of Gateways: those that one controller answers for, with the same settings.",
    shortNames: ["gc"],
    scope: "Cluster",
    versions: ["v1", "v1beta1"],
    columns: [
      ["Controller", ".spec.controllerName"],
      ["Accepted", '.status.conditions[?(@.type=="Accepted")].status'],
    ],
    spec: gatewayClassSpec,
    status: gatewayClassStatus,
  },
  {
    kind: "Gateway",
    plural: "gateways",
    description:
      "A place where traffic comes in: ports with their protocols, hosts and certificates, and which routes may be attached to them.",
    shortNames: ["gtw"],
    versions: ["v1", "v1beta1"],
    columns: [
      ["Class", ".spec.gatewayClassName"],
      ["Address", ".status.addresses[*].value"],
      ["Programmed", '.status.conditions[?(@.type=="Programmed")].status'],
    ],
    spec: gatewaySpec,
    status: gatewayStatus,
  },
  {
    kind: "GRPCRoute",
    plural: "grpcroutes",
    description: "Where calls of gRPC go, by host, service, method and headers.",
    versions: ["v1"],
    columns: [["Hostnames", ".spec.hostnames"]],
    ...grpcRoute,
    specIsOptional: true,
  },
  {
    kind: "HTTPRoute",
    plural: "httproutes",
    description:
      "Where HTTP requests go, by host, path, headers, parameters and method, and what is changed on the way.",
    versions: ["v1", "v1beta1"],
    columns: [["Hostnames", ".spec.hostnames"]],
    ...httpRoute,
  },
  {
    kind: "ReferenceGrant",
    plural: "referencegrants",
    description: "Lets objects of other namespaces refer to objects of this one.",
    shortNames: ["refgrant"],
    versions: ["v1beta1"],
    spec: referenceGrantSpec,
    specIsOptional: true,
  },
  {
    kind: "BackendTLSPolicy",
    plural: "backendtlspolicies",
    description: "Has the connections to a Service encrypted, and says whose certificate it must show.",
    shortNames: ["btlspolicy"],
    versions: ["v1alpha3"],
    ...backendTlsPolicy,
    isExperimental: true,
  },
  {
    kind: "TCPRoute",
    plural: "tcproutes",
    description: "Where TCP connections of a port go.",
    versions: ["v1alpha2"],
    ...portRoute,
    isExperimental: true,
  },
  {
    kind: "TLSRoute",
    plural: "tlsroutes",
    description: "Where TLS connections go, by the name that their client asks for.",
    versions: ["v1alpha2"],
    ...tlsRoute,
    isExperimental: true,
  },
  {
    kind: "UDPRoute",
    plural: "udproutes",
    description: "Where UDP packets of a port go.",
    versions: ["v1alpha2"],
    ...portRoute,
    isExperimental: true,
  },
];

/** The definitions of the Gateway API, in the words of this project; `release` and `channel` are what they say they are. */
export function gatewayApiCrds(release = "v1.2.1", channel: Channel = "standard"): KubeObject[] {
  return kinds
    .filter(({ isExperimental }) => !isExperimental || channel === "experimental")
    .map((kind) => definition(kind, release, channel));
}

function definition(kind: Kind, release: string, channel: Channel): KubeObject {
  const { plural, shortNames, scope, versions, spec, status, description, specIsOptional } = kind;
  const age = { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" };
  const columns = (kind.columns ?? []).map(([name, jsonPath]) => ({ name, type: "string", jsonPath }));
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: {
      name: `${plural}.${group}`,
      annotations: {
        "api-approved.kubernetes.io": "https://github.com/kubernetes-sigs/gateway-api",
        "gateway.networking.k8s.io/bundle-version": release,
        "gateway.networking.k8s.io/channel": channel,
      },
    },
    spec: {
      group,
      scope: scope ?? "Namespaced",
      names: {
        kind: kind.kind,
        listKind: `${kind.kind}List`,
        plural,
        singular: kind.kind.toLowerCase(),
        categories: ["gateway-api"],
        ...(shortNames ? { shortNames } : {}),
      },
      versions: versions.map((version, index) => ({
        name: version,
        served: true,
        storage: index === 0,
        additionalPrinterColumns: [...columns, age],
        ...(status ? { subresources: { status: {} } } : {}),
        schema: {
          openAPIV3Schema: {
            type: "object",
            description,
            properties: {
              apiVersion: {
                type: "string",
                description: "The version of the schema that this object is written in.",
              },
              kind: { type: "string", description: "What the object is." },
              metadata: { type: "object" },
              spec,
              ...(status ? { status } : {}),
            },
            ...(specIsOptional ? {} : { required: ["spec"] }),
          },
        },
      })),
    },
  };
}
