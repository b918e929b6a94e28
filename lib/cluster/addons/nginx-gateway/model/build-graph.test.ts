import { describe, expect, test } from "vitest";
import type { Listener, ReferenceGrant, Route } from "@/lib/cluster/addons/gateway-api/types";
import { gateway, inputs, route, settings } from "../testing/objects";
import { buildGraph } from "./build-graph";
import { lastOfEach, type Finding } from "./conditions";
import type { Inputs } from "./graph";

const said = (findings: Finding[]) =>
  Object.fromEntries(lastOfEach(findings).map(({ type, status, reason }) => [type, `${status} ${reason}`]));

function statesOf(listeners: Partial<Listener>[]) {
  const graph = buildGraph(inputs({ gateways: [gateway("web", listeners)] }), settings);
  const [state] = graph.gateways;
  return {
    gateway: said(state!.findings),
    listeners: state!.listeners.map(({ findings }) => said(findings)),
  };
}

function parentOf(one: Route, listeners: Partial<Listener>[] = [{}], fields: Partial<Inputs> = {}) {
  const graph = buildGraph(
    inputs({ gateways: [gateway("web", listeners)], routes: [one], ...fields }),
    settings,
  );
  const { Accepted, ResolvedRefs } = said(graph.routes[0]!.parents[0]!.findings);
  return [Accepted, ResolvedRefs, graph.gateways[0]!.listeners[0]!.attachedRoutes];
}

describe("listeners", () => {
  test("HTTP and HTTPS on one port conflict, and so does one host twice", () => {
    expect(statesOf([{ name: "a" }, { name: "b", protocol: "HTTPS", tls: {} }])).toMatchObject({
      gateway: { Accepted: "False ListenersNotValid", Programmed: "False Invalid" },
      listeners: [
        {
          Accepted: "False ProtocolConflict",
          Conflicted: "True ProtocolConflict",
          Programmed: "False Invalid",
        },
        { Accepted: "False ProtocolConflict", Conflicted: "True ProtocolConflict" },
      ],
    });
    expect(
      statesOf([{ name: "a", hostname: "a.test" }, { name: "b", hostname: "A.test" }, { name: "c" }]),
    ).toMatchObject({
      gateway: { Accepted: "True ListenersNotValid", Programmed: "True Programmed" },
      listeners: [
        { Conflicted: "True HostnameConflict" },
        { Conflicted: "True HostnameConflict" },
        { Conflicted: "False NoConflicts", Programmed: "True Programmed" },
      ],
    });
  });

  test("a certificate that is not there stops its listener only", () => {
    const tls = { certificateRefs: [{ name: "absent" }] };
    expect(statesOf([{ name: "a" }, { name: "b", port: 443, protocol: "HTTPS", tls }])).toMatchObject({
      gateway: { Accepted: "True ListenersNotValid" },
      listeners: [
        { Programmed: "True Programmed" },
        {
          Accepted: "True Accepted",
          ResolvedRefs: "False InvalidCertificateRef",
          Programmed: "False Invalid",
        },
      ],
    });
  });

  test("before 2.0 the oldest Gateway is served and the others are told so", () => {
    const gateways = [gateway("first", [{}]), gateway("second", [{}])];
    const graph = buildGraph(inputs({ gateways }), { ...settings, servesOneGateway: true });
    expect(graph.gateways.map(({ findings }) => said(findings).Accepted)).toEqual([
      "True Accepted",
      "False GatewayConflict",
    ]);
  });

  test("classes of other controllers are left alone, another class of this one conflicts", () => {
    const of = (name: string, controllerName: string) => ({
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "GatewayClass",
      metadata: { name },
      spec: { controllerName },
    });
    const classes = [
      of("nginx", settings.controllerName),
      of("second", settings.controllerName),
      of("other", "example.com/c"),
    ];
    expect(
      buildGraph(inputs({ classes }), settings).classes.map(({ findings }) => said(findings).Accepted),
    ).toEqual(["True Accepted", "False GatewayClassConflict"]);
  });
});

describe("routes", () => {
  const other = (spec: Partial<Route["spec"]> = {}) => route("r", spec, "team-a");
  test.each<[string, Route, Partial<Listener>[], unknown]>([
    ["in the Gateway's namespace", route("r"), [{}], ["True Accepted", "True ResolvedRefs", 1]],
    ["in another", other(), [{}], ["False NotAllowedByListeners", "True ResolvedRefs", 0]],
    [
      "from all",
      other(),
      [{ allowedRoutes: { namespaces: { from: "All" } } }],
      ["True Accepted", "True ResolvedRefs", 1],
    ],
    [
      "by a selector",
      other(),
      [
        {
          allowedRoutes: { namespaces: { from: "Selector", selector: { matchLabels: { team: "team-a" } } } },
        },
      ],
      ["True Accepted", "True ResolvedRefs", 1],
    ],
    [
      "by another selector",
      other(),
      [{ allowedRoutes: { namespaces: { from: "Selector", selector: { matchLabels: { team: "b" } } } } }],
      ["False NotAllowedByListeners", "True ResolvedRefs", 0],
    ],
    [
      "of a kind that is not allowed",
      route("r"),
      [{ allowedRoutes: { kinds: [{ kind: "GRPCRoute" }] } }],
      ["False NotAllowedByListeners", "True ResolvedRefs", 0],
    ],
    [
      "to a section that is not there",
      route("r", { parentRefs: [{ name: "web", sectionName: "x" }] }),
      [{}],
      ["False NoMatchingParent", "True ResolvedRefs", 0],
    ],
    [
      "to another port",
      route("r", { parentRefs: [{ name: "web", port: 81 }] }),
      [{}],
      ["False NoMatchingParent", "True ResolvedRefs", 0],
    ],
    [
      "without a common host",
      route("r", { hostnames: ["b.test"] }),
      [{ hostname: "a.test" }],
      ["False NoMatchingListenerHostname", "True ResolvedRefs", 0],
    ],
    [
      "to a missing Service",
      route("r", { rules: [{ backendRefs: [{ name: "gone", port: 80 }] }] }),
      [{}],
      ["True Accepted", "False BackendNotFound", 1],
    ],
    [
      "to a kind that is no Service",
      route("r", { rules: [{ backendRefs: [{ name: "x", kind: "Pod", port: 80 }] }] }),
      [{}],
      ["True Accepted", "False InvalidKind", 1],
    ],
    [
      "with an expression that is none",
      route("r", { rules: [{ matches: [{ path: { type: "RegularExpression", value: "(" } }] }] }),
      [{}],
      ["False UnsupportedValue", "True ResolvedRefs", 0],
    ],
  ])("%s", (_, one, listeners, expected) => {
    expect(parentOf(one, listeners)).toEqual(expected);
  });

  test("a backend of another namespace needs that namespace's ReferenceGrant", () => {
    const one = route("r", { rules: [{ backendRefs: [{ name: "shop", namespace: "team-a", port: 80 }] }] });
    const grant = (namespace: string, name?: string): ReferenceGrant => ({
      apiVersion: "gateway.networking.k8s.io/v1beta1",
      kind: "ReferenceGrant",
      metadata: { name: "g", namespace },
      spec: {
        from: [{ group: "gateway.networking.k8s.io", kind: "HTTPRoute", namespace: "infra" }],
        to: [{ group: "", kind: "Service", ...(name ? { name } : {}) }],
      },
    });
    const refs = (grants: ReferenceGrant[]) => parentOf(one, [{}], { grants })[1];
    expect(refs([])).toBe("False RefNotPermitted");
    expect(refs([grant("infra")])).toBe("False RefNotPermitted");
    expect(refs([grant("team-a", "other")])).toBe("False RefNotPermitted");
    expect(refs([grant("team-a", "shop")])).toBe("True ResolvedRefs");
  });
});

describe("the routing table", () => {
  const entriesOf = (routes: Route[]) =>
    buildGraph(
      inputs({ gateways: [gateway("web", [{}])], routes }),
      settings,
    ).gateways[0]!.configuration.servers[0]!.entries.map(
      ({ action, match }) =>
        `${action.name.replace("HTTPRoute infra/", "")} ${match.path.type} ${match.path.value}`,
    );

  test("exact paths, expressions, prefixes from the longest; methods, headers, parameters; then the older route", () => {
    const matches = (...list: NonNullable<NonNullable<Route["spec"]["rules"]>[number]["matches"]>) => ({
      rules: [{ matches: list }],
    });
    const path = (type: "Exact" | "PathPrefix" | "RegularExpression", value: string) => ({
      path: { type, value },
    });
    const header = (name: string) => ({ name, value: "x" });
    expect(
      entriesOf([
        route("old", matches(path("PathPrefix", "/a"))),
        route("young", matches(path("PathPrefix", "/a"), path("PathPrefix", "/a/long"), path("Exact", "/a"))),
        route("params", matches({ ...path("PathPrefix", "/a"), queryParams: [header("q")] })),
        route("headers", matches({ ...path("PathPrefix", "/a"), headers: [header("h"), header("i")] })),
        route("method", matches({ ...path("PathPrefix", "/a"), method: "GET" })),
        route("regex", matches(path("RegularExpression", "/a.*"))),
      ]),
    ).toEqual([
      "young rule 0 Exact /a",
      "regex rule 0 RegularExpression /a.*",
      "young rule 0 PathPrefix /a/long",
      "method rule 0 PathPrefix /a",
      "headers rule 0 PathPrefix /a",
      "params rule 0 PathPrefix /a",
      "old rule 0 PathPrefix /a",
      "young rule 0 PathPrefix /a",
    ]);
  });

  test("only who is ready is behind an upstream", () => {
    const graph = buildGraph(inputs({ gateways: [gateway("web", [{}])], routes: [route("r")] }), settings);
    expect(graph.gateways[0]!.configuration.upstreams).toEqual([
      { name: "infra_shop_80", endpoints: ["10.0.0.1:8080"] },
    ]);
  });
});
