import type { Listener } from "@/lib/cluster/addons/gateway-api/types";
import type { Inputs } from "../model/graph";
import type { ExpectedHttp } from "./expectations";

const infra = "gateway-conformance-infra";
const to = (Host: string, Backend: string, Path = "/"): ExpectedHttp => ({
  Request: { Host, Path },
  Backend,
  Namespace: infra,
});
const refused = (Host: string, StatusCode: number, Path = "/"): ExpectedHttp => ({
  Request: { Host, Path },
  Response: { StatusCode },
});
const misdirected = "/detect-misdirected-requests";
const modified = (
  Path: string,
  sent: Record<string, string>,
  got: Record<string, string>,
  AbsentHeaders: string[] = [],
): ExpectedHttp => ({
  Request: { Path, Headers: sent },
  ExpectedRequest: { Request: { Path, Headers: got }, AbsentHeaders },
  Backend: "infra-backend-v1",
  Namespace: infra,
});

/** Requests of tests whose data leave them open, from the tests' manifests and the specification. */
export const restated: Record<string, ExpectedHttp[]> = {
  HTTPRouteHTTPSListener: [
    to("example.org", "infra-backend-v1"),
    to("second-example.org", "infra-backend-v2"),
    refused("unknown-example.org", 404),
  ],
  HTTPRouteHTTPSListenerDetectMisdirectedRequests: [
    to("example.org", "infra-backend-v1", misdirected),
    to("second-example.org", "infra-backend-v2", misdirected),
    to("third-example.wildcard.org", "infra-backend-v3", misdirected),
    to("fourth-example.wildcard.org", "infra-backend-v1", misdirected),
    {
      Request: { Host: "second-example.org", SNI: "example.org", Path: misdirected },
      Response: { StatusCode: 421 },
    },
    {
      Request: { Host: "fourth-example.wildcard.org", SNI: "third-example.wildcard.org", Path: misdirected },
      Response: { StatusCode: 421 },
    },
    {
      Request: { Host: "unknown-example.org", SNI: "example.org", Path: misdirected },
      Response: { StatusCode: 404 },
    },
  ],
  HTTPRouteServiceTypes: ["manual-endpointslices", "headless", "headless-manual-endpointslices"].map((name) =>
    to("example.com", name, `/${name}`),
  ),
  HTTPRouteBackendRequestHeaderModifier: [
    modified(
      "/set",
      { "Some-Other-Header": "val" },
      { "Some-Other-Header": "val", "X-Header-Set": "set-overwrites-values" },
    ),
    modified("/set", { "X-Header-Set": "other" }, { "X-Header-Set": "set-overwrites-values" }),
    modified("/add", {}, { "X-Header-Add": "add-appends-values" }),
    modified("/add", { "X-Header-Add": "some-value" }, { "X-Header-Add": "some-value,add-appends-values" }),
    modified("/remove", { "X-Header-Remove": "val" }, {}, ["X-Header-Remove"]),
    modified(
      "/multiple",
      { "X-Header-Set-2": "a", "X-Header-Add-2": "b", "X-Header-Remove-2": "c", "Another-Header": "d" },
      {
        "X-Header-Set-1": "header-set-1",
        "X-Header-Set-2": "header-set-2",
        "X-Header-Add-2": "b,header-add-2",
        "Another-Header": "d",
      },
      ["X-Header-Remove-1", "X-Header-Remove-2"],
    ),
    modified(
      "/case-insensitivity",
      { "x-header-add": "a", "x-header-remove": "b" },
      { "X-Header-Set": "header-set", "X-Header-Add": "a,header-add" },
      ["X-Header-Remove"],
    ),
  ],
};

/** Features that are not supported, and why not. */
export const unsupported: Record<string, string> = {
  BackendTLSPolicy: "the servers that stand for backends here do not speak TLS",
  BackendTLSPolicySANValidation: "nginx goes by one name of a certificate",
  GatewayBackendClientCertificate: "backends are shown no certificate",
  GatewayFrontendClientCertificateValidation: "clients' certificates are not asked for",
  GatewayFrontendClientCertificateValidationInsecureFallback: "clients' certificates are not asked for",
  ListenerSet: "ListenerSets are not watched",
  GatewayStaticAddresses: "addresses are the Service's",
  GatewayAddressEmpty: "addresses are the Service's",
  HTTPRouteBackendProtocolH2C: "this nginx speaks HTTP/1.1 to backends",
  HTTPRouteCORS: "the CORS filter is not applied",
  HTTPRouteRetry: "retries are of the experimental channel",
  TLSRouteModeTerminate: "TLS listeners pass through",
  TLSRouteModeMixed: "TLS listeners pass through",
};

/** Expectations of these tests, counted from 1, that hold once the test has deleted its ReferenceGrants. */
export const withoutGrants: Record<string, number[]> = {
  HTTPRouteReferenceGrant: [2],
  TCPRouteReferenceGrant: [1],
  UDPRouteReferenceGrant: [2],
};

const withListeners =
  (name: string, change: (listeners: Listener[]) => Listener[]) =>
  (inputs: Inputs): Inputs => ({
    ...inputs,
    gateways: inputs.gateways.map((gateway) => {
      const { metadata, spec } = gateway;
      if (metadata.name !== name) return gateway;
      return {
        ...gateway,
        metadata: { ...metadata, generation: metadata.generation! + 1 },
        spec: { ...spec, listeners: change(spec.listeners) },
      };
    }),
  });
const httpListener = (name: string, port: number): Listener => ({
  ...{ name, port },
  protocol: "HTTP",
  allowedRoutes: { namespaces: { from: "All" } },
});

/** What the test's program changes, before which of its expectations. */
export const changes: Record<string, { before: number; change: (inputs: Inputs) => Inputs }[]> = {
  GatewayModifyListeners: [
    {
      before: 1,
      change: withListeners("gateway-add-listener", (all) => [...all, httpListener("http", 80)]),
    },
    {
      before: 3,
      change: withListeners("gateway-remove-listener", (all) => all.filter(({ name }) => name === "http")),
    },
  ],
};

/** Tests that change an object and expect that every condition speaks of the change. */
export const bumps: Record<string, (inputs: Inputs) => Inputs> = {
  GatewayObservedGenerationBump: withListeners("gateway-observed-generation-bump", (all) => [
    ...all,
    httpListener("alternate", 8080),
  ]),
  GatewayClassObservedGenerationBump: (inputs) => ({
    ...inputs,
    classes: inputs.classes.map((one) =>
      one.metadata.name === "gatewayclass-observed-generation-bump"
        ? { ...one, metadata: { ...one.metadata, generation: one.metadata.generation! + 1 } }
        : one,
    ),
  }),
};

/** Expectations that hold after the test's program has changed objects in other ways: which of them, counted from 1. */
export const afterChanges: Record<string, number[]> = {
  TCPRouteMultipleRoutesAttachment: [2],
  UDPRouteMultipleRoutesAttachment: [2],
};
