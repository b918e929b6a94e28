import type { Sample } from "./sample";

const http = {
  paths: [
    { path: "/pay", pathType: "Prefix", backend: { service: { name: "pay", port: { number: 8080 } } } },
  ],
};
const networking = "networking.k8s.io";

/** The kinds that networking is about. */
export const networkSamples: Sample[] = [
  {
    group: "",
    kind: "Service",
    object: { spec: { selector: { app: "web" }, ports: [{ port: 80 }] } },
    defaults: {
      "spec.type": "ClusterIP",
      "spec.sessionAffinity": "None",
      "spec.internalTrafficPolicy": "Cluster",
      "spec.ports.0": { port: 80, protocol: "TCP", targetPort: 80 },
      status: { loadBalancer: {} },
    },
    cells: { Type: "ClusterIP", "External-IP": "<none>", "Port(s)": "80/TCP", Selector: "app=web" },
    invalid: [
      { name: "no ports", change: { "spec.ports": [] }, field: "spec.ports", message: "Required value" },
      {
        name: "ports without names",
        change: { "spec.ports.1": { port: 81 } },
        field: "spec.ports[0].name",
        message: "Required value",
      },
      {
        name: "an unknown type",
        change: { "spec.type": "Magic" },
        field: "spec.type",
        message:
          'Unsupported value: "Magic": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
      },
      {
        name: "a name that begins with a digit",
        change: { "metadata.name": "1web" },
        field: "metadata.name",
        message:
          "Invalid value: \"1web\": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
      },
      {
        name: "a node port of a ClusterIP",
        change: { "spec.ports.0.nodePort": 30080 },
        field: "spec.ports[0].nodePort",
        message: "Forbidden: may not be used when `type` is 'ClusterIP'",
      },
    ],
    updates: [{ name: "another port", change: { "spec.ports.0.port": 81 }, allowed: true }],
  },
  {
    group: "",
    kind: "Endpoints",
    object: { subsets: [{ addresses: [{ ip: "10.0.0.1" }, { ip: "10.0.0.2" }], ports: [{ port: 80 }] }] },
    defaults: { "subsets.0.ports.0.protocol": "TCP" },
    cells: { Endpoints: "10.0.0.1:80,10.0.0.2:80" },
    invalid: [
      {
        name: "no address",
        change: { "subsets.0.addresses": [] },
        field: "subsets[0]",
        message: "Required value: must specify `addresses` or `notReadyAddresses`",
      },
    ],
  },
  {
    group: "discovery.k8s.io",
    kind: "EndpointSlice",
    object: { addressType: "IPv4", endpoints: [{ addresses: ["10.0.0.1"] }], ports: [{ port: 80 }] },
    defaults: { "ports.0": { name: "", port: 80, protocol: "TCP" } },
    cells: { AddressType: "IPv4", Ports: "80", Endpoints: "10.0.0.1" },
    invalid: [
      {
        name: "no address",
        change: { "endpoints.0.addresses": [] },
        field: "endpoints[0].addresses",
        message: "Required value: must contain at least 1 address",
      },
    ],
    updates: [
      { name: "another family", change: { addressType: "FQDN" }, field: "addressType", message: /immutable/ },
    ],
  },
  {
    group: networking,
    kind: "Ingress",
    object: { spec: { ingressClassName: "nginx", rules: [{ host: "shop.example.com", http }] } },
    defaults: { status: { loadBalancer: {} }, "metadata.generation": 1 },
    cells: { Class: "nginx", Hosts: "shop.example.com", Address: "", Ports: "80" },
    invalid: [
      {
        name: "no path type",
        change: { "spec.rules.0.http.paths.0.pathType": undefined },
        field: "spec.rules[0].http.paths[0].pathType",
        message: "Required value: pathType must be specified",
      },
      {
        name: "a relative path",
        change: { "spec.rules.0.http.paths.0.path": "pay" },
        field: "spec.rules[0].http.paths[0].path",
        message: 'Invalid value: "pay": must be an absolute path',
      },
      {
        name: "no port",
        change: { "spec.rules.0.http.paths.0.backend.service.port": undefined },
        field: "spec.rules[0].http.paths[0].backend",
        message: "Required value: port name or number is required",
      },
      {
        name: "an address as host",
        change: { "spec.rules.0.host": "10.0.0.1" },
        field: "spec.rules[0].host",
        message: 'Invalid value: "10.0.0.1": must be a DNS name, not an IP address',
      },
      {
        name: "an annotation with another class",
        change: { "metadata.annotations": { "kubernetes.io/ingress.class": "traefik" } },
        field: "annotations.kubernetes.io/ingress.class",
        message: 'Invalid value: "traefik": must match `ingressClassName` when both are specified',
      },
    ],
    updates: [
      {
        name: "an annotation with another class",
        change: { "metadata.annotations": { "kubernetes.io/ingress.class": "traefik" } },
        allowed: true,
      },
    ],
  },
  {
    group: networking,
    kind: "IngressClass",
    object: { spec: { controller: "k8s.io/ingress-nginx" } },
    cells: { Controller: "k8s.io/ingress-nginx", Parameters: "<none>" },
    invalid: [
      {
        name: "a controller without path",
        change: { "spec.controller": "nginx" },
        field: "spec.controller",
        message: /must be a domain-prefixed path/,
      },
    ],
    updates: [
      {
        name: "another controller",
        change: { "spec.controller": "a.b/c" },
        field: "spec.controller",
        message: /immutable/,
      },
    ],
  },
  {
    group: networking,
    kind: "NetworkPolicy",
    object: { spec: { podSelector: {}, ingress: [{ from: [{ podSelector: {} }], ports: [{ port: 80 }] }] } },
    defaults: { "spec.policyTypes": ["Ingress"], "spec.ingress.0.ports.0.protocol": "TCP" },
    cells: { "Pod-Selector": "<none>" },
    invalid: [
      {
        name: "a peer that is nobody",
        change: { "spec.ingress.0.from.0": {} },
        field: "spec.ingress[0].from[0]",
        message: "Required value: must specify a peer",
      },
      {
        name: "an exception outside its block",
        change: { "spec.ingress.0.from.0": { ipBlock: { cidr: "10.0.0.0/8", except: ["11.0.0.0/16"] } } },
        field: "spec.ingress[0].from[0].ipBlock.except[0]",
        message: 'Invalid value: "11.0.0.0/16": must be a strict subset of `cidr`',
      },
    ],
  },
  {
    group: networking,
    kind: "IPAddress",
    object: {
      metadata: { name: "10.96.0.10" },
      spec: { parentRef: { resource: "services", namespace: "kube-system", name: "kube-dns" } },
    },
    cells: { ParentRef: "services/kube-system/kube-dns" },
    invalid: [
      {
        name: "no parent",
        change: { "spec.parentRef": undefined },
        field: "spec.parentRef",
        message: "Required value",
      },
    ],
  },
  {
    group: networking,
    kind: "ServiceCIDR",
    object: { spec: { cidrs: ["10.96.0.0/12"] } },
    cells: { CIDRs: "10.96.0.0/12" },
    invalid: [
      {
        name: "no range",
        change: { "spec.cidrs": ["10.96.0.0"] },
        field: "spec.cidrs[0]",
        message: /must be a valid CIDR value/,
      },
    ],
  },
];
