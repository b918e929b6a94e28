import { expect, test } from "vitest";
import type { AuthorizationAttributes } from "../authz/authorizer";
import { CelAuthorizer } from "./library-authorizer";
import { compileCel } from "./program";

const asked: AuthorizationAttributes[] = [];
const authorizer = {
  authorize(attributes: AuthorizationAttributes) {
    asked.push(attributes);
    const allowed = attributes.verb === "get" || attributes.user.name.endsWith(":robot");
    return { allowed, reason: allowed ? "because" : "" };
  },
};
const ask = (expression: string) => {
  asked.length = 0;
  const user = { name: "ann", groups: ["people"] };
  const request = { group: "apps", resource: "deployments", namespace: "shop", name: "web" };
  return compileCel(expression).run({ authorizer: new CelAuthorizer(authorizer, user, request) });
};
const pods = "authorizer.group('').resource('pods')";

test.each<[string, unknown, Partial<AuthorizationAttributes>]>([
  [
    `${pods}.check('get').allowed()`,
    true,
    { group: "", resource: "pods", namespace: "", name: "", verb: "get" },
  ],
  [`${pods}.check('delete').allowed()`, false, { verb: "delete" }],
  [
    "authorizer.group('apps').resource('deployments').subresource('scale').namespace('n').name('x').check('get').reason()",
    "because",
    { group: "apps", resource: "deployments", subresource: "scale", namespace: "n", name: "x" },
  ],
  [
    `${pods}.fieldSelector('metadata.name=a').labelSelector('b=c').check('get').allowed()`,
    true,
    { resource: "pods" },
  ],
  ["authorizer.path('/healthz').check('get').allowed()", true, { path: "/healthz", verb: "get" }],
  [
    "authorizer.requestResource.check('get').allowed()",
    true,
    { group: "apps", resource: "deployments", namespace: "shop", name: "web" },
  ],
  [
    "authorizer.serviceAccount('shop', 'robot').group('').resource('pods').check('delete').allowed()",
    true,
    {
      user: {
        name: "system:serviceaccount:shop:robot",
        groups: ["system:serviceaccounts", "system:serviceaccounts:shop", "system:authenticated"],
      },
    },
  ],
  [`${pods}.check('get').errored() || ${pods}.check('get').error() != ''`, false, {}],
])("%s gives %s", (expression, result, about) => {
  expect(ask(expression)).toBe(result);
  expect(asked[0]).toMatchObject(about);
});

test.each([
  ["authorizer.path('').check('get').allowed()", "path must not be empty"],
  ["authorizer.group('').resource('').check('get').allowed()", "resource must not be empty"],
  [
    "authorizer.serviceAccount('shop', 'R').path('/x').check('get').allowed()",
    "Invalid service account name",
  ],
  [
    "authorizer.serviceAccount('a.b', 'r').path('/x').check('get').allowed()",
    "Invalid service account namespace",
  ],
  // The library's own state is nobody's to read.
  ["authorizer.user.name", "No such key: user"],
])("%s fails: %s", (expression, text) => {
  expect(() => ask(expression)).toThrow(text);
});

test("a decision is dear: an expression may ask for two, not for three", () => {
  const get = `${pods}.check('get').allowed()`;
  expect(ask(`${get} && ${get}`)).toBe(true);
  expect(() => ask(`${get} && ${get} && ${get}`)).toThrow("actual cost limit exceeded");
});
