import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { RouteKind } from "@/lib/cluster/addons/gateway-api/types";

/** What the Gateway API's conformance tests expect, in the order in which each says it (expectations.json). */
export interface ConformanceTest {
  shortName: string;
  manifests: string[];
  features: string[];
  events: Event[];
}

export interface ExpectedCondition {
  Type: string;
  Status: string;
  /** None: whichever. */
  Reason?: string;
}

export interface ExpectedListener {
  Name: string;
  SupportedKinds?: { Group?: string; Kind: string }[];
  Conditions: ExpectedCondition[];
  AttachedRoutes: number;
}

export interface ExpectedHttp {
  TestCaseName?: string;
  Request?: {
    Host?: string;
    Method?: string;
    Path?: string;
    Protocol?: string;
    Headers?: Record<string, string>;
    UnfollowRedirect?: boolean;
    SNI?: string;
  };
  ExpectedRequest?: {
    Request?: { Host?: string; Path?: string; Method?: string; Headers?: Record<string, string> };
    AbsentHeaders?: string[];
  };
  RedirectRequest?: { Scheme?: string; Host?: string; Port?: string; Path?: string };
  BackendSetResponseHeaders?: Record<string, string>;
  Response?: {
    StatusCode?: number;
    StatusCodes?: number[];
    Headers?: Record<string, string>;
    AbsentHeaders?: string[];
    Code?: string;
    ValidHeaderValues?: Record<string, string[]>;
  };
  Backend?: string;
  Namespace?: string;
  MirroredTo?: unknown[];
  EchoRequest?: unknown;
  EchoTwoRequest?: unknown;
  EchoThreeRequest?: unknown;
  RequestMetadata?: { Authority?: string; Metadata?: Record<string, string> };
}

export interface Event {
  object?: { Name: string; Namespace?: string };
  as?: string;
  subtest?: string;
  condition?: ExpectedCondition;
  listenerStatus?: ExpectedListener;
  parentStatus?: { Conditions: ExpectedCondition[] };
  http?: ExpectedHttp;
}

export function readExpectations(folder: string): ConformanceTest[] {
  const text = readFileSync(join(folder, "expectations.json"), "utf8");
  return (JSON.parse(text) as { tests: ConformanceTest[] }).tests;
}

/** Whether the data leave a value open that only the test's program knows. */
export function isOpen(value: unknown): boolean {
  return /"\$(?!codes\.)|\/\$/.test(JSON.stringify(value));
}

export function sameKind(kind: RouteKind, wanted: { Group?: string; Kind: string }): boolean {
  return kind.kind === wanted.Kind && (kind.group ?? "") === (wanted.Group ?? kind.group ?? "");
}
