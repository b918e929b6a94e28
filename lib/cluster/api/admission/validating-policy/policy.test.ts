import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { ClusterClient } from "@/lib/cluster/client/client";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import { startTestCluster, type TestCluster } from "@/lib/cluster/api/testing";

const group = "admissionregistration.k8s.io";
const policies = { group, version: "v1", plural: "validatingadmissionpolicies" };
const bindings = { group, version: "v1", plural: "validatingadmissionpolicybindings" };
const configMaps = { group: "", version: "v1", plural: "configmaps" };

let t: TestCluster;
let admin: ClusterClient;
beforeAll(async () => {
  t = await startTestCluster();
  ({ admin } = t);
});
afterAll(() => t?.close());
beforeEach(async () => {
  for (const ref of [bindings, policies])
    for (const { metadata } of (await admin.list(ref)).items)
      await admin.delete(ref, undefined, metadata.name);
});

const policy = (spec: object): KubeObject =>
  ({
    apiVersion: `${group}/v1`,
    kind: "ValidatingAdmissionPolicy",
    metadata: { name: "p" },
    spec: {
      matchConstraints: {
        resourceRules: [
          {
            apiGroups: [""],
            apiVersions: ["v1"],
            operations: ["CREATE", "UPDATE"],
            resources: ["configmaps"],
          },
        ],
        objectSelector: { matchLabels: { held: "yes" } },
      },
      ...spec,
    },
  }) as KubeObject;

async function hold(spec: object, binding: object = {}): Promise<void> {
  await admin.create(policies, policy(spec));
  await admin.create(bindings, {
    apiVersion: `${group}/v1`,
    kind: "ValidatingAdmissionPolicyBinding",
    metadata: { name: "b" },
    spec: { policyName: "p", validationActions: ["Deny"], ...binding },
  } as KubeObject);
}

/** What a client sees of a dry run: the code, the message when it is refused, the warnings. */
async function tryMap(data: Record<string, string>, name = "m") {
  const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name, labels: { held: "yes" } }, data };
  const { status, body, headers } = await t.request(
    "POST",
    "/api/v1/namespaces/default/configmaps?dryRun=All",
    {
      headers: { "content-type": "application/json" },
      body: JSON.stringify(object),
    },
  );
  const { message } = JSON.parse(body) as { message?: string };
  return { status, message: status < 300 ? undefined : message, warning: headers.warning };
}
const denied = (why: string, name = "m") =>
  `configmaps "${name}" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: ${why}`;

describe("a policy", () => {
  test("variables build on each other, and a message is made where one is asked for", async () => {
    await hold({
      variables: [
        { name: "size", expression: "size(object.data)" },
        { name: "tooMany", expression: "variables.size > 1" },
      ],
      validations: [
        {
          expression: "!variables.tooMany",
          message: "too many",
          messageExpression: "'holds ' + string(variables.size) + ' of 1'",
          reason: "Forbidden",
        },
      ],
    });
    expect(await tryMap({ a: "1" })).toMatchObject({ status: 201 });
    expect(await tryMap({ a: "1", b: "2" })).toMatchObject({ status: 403, message: denied("holds 2 of 1") });
  });

  test("a message that cannot be made gives way to the plain one", async () => {
    await hold({
      validations: [{ expression: "false", message: "no", messageExpression: "object.data.absent" }],
    });
    expect(await tryMap({})).toMatchObject({ status: 422, message: denied("no") });
  });

  test("parameters are what the binding names, and absent ones do as it says", async () => {
    const spec = {
      paramKind: { apiVersion: "v1", kind: "ConfigMap" },
      validations: [{ expression: "object.data.colour == params.data.colour" }],
    };
    const paramRef = { name: "wanted", namespace: "default", parameterNotFoundAction: "Deny" };
    await hold(spec, { paramRef });
    expect(await tryMap({ colour: "red" })).toMatchObject({
      status: 422,
      message: denied(
        "failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction",
      ),
    });
    await admin.create(configMaps, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "wanted", namespace: "default" },
      data: { colour: "red" },
    } as KubeObject);
    expect(await tryMap({ colour: "red" })).toMatchObject({ status: 201 });
    expect(await tryMap({ colour: "blue" })).toMatchObject({
      status: 422,
      message: denied("failed expression: object.data.colour == params.data.colour"),
    });
  });

  test("match conditions leave requests out", async () => {
    await hold({
      matchConditions: [
        { name: "not-free", expression: "!object.metadata.name.startsWith('free')" },
        { name: "creating", expression: "request.operation == 'CREATE'" },
      ],
      validations: [{ expression: "false", message: "no" }],
    });
    expect(await tryMap({}, "free-one")).toMatchObject({ status: 201 });
    expect(await tryMap({})).toMatchObject({ status: 422, message: denied("no") });
  });

  test("Warn and Audit let through, Warn says so", async () => {
    await hold(
      { validations: [{ expression: "false", message: "no" }] },
      { validationActions: ["Warn", "Audit"] },
    );
    const told = await tryMap({});
    expect(told.status).toBe(201);
    expect(told.warning).toContain(
      "Validation failed for ValidatingAdmissionPolicy 'p' with binding 'b': no",
    );
  });

  test("Audit alone is silent", async () => {
    await hold({ validations: [{ expression: "false" }] }, { validationActions: ["Audit"] });
    expect(await tryMap({})).toEqual({ status: 201, message: undefined, warning: undefined });
  });

  test.each([
    ["Fail", { status: 422 }],
    ["Ignore", { status: 201, message: undefined }],
  ])("an error of an expression: failurePolicy %s", async (failurePolicy, answer) => {
    await hold({ failurePolicy, validations: [{ expression: "object.data.absent == ''" }] });
    const told = await tryMap({ a: "1" });
    expect(told).toMatchObject(answer);
    if (answer.status === 422)
      expect(told.message).toContain(denied("expression 'object.data.absent == ''' resulted in error: "));
  });

  test("an error of a match condition fails or is ignored, too", async () => {
    const spec = {
      matchConditions: [{ name: "broken", expression: "object.data.absent == ''" }],
      validations: [{ expression: "false" }],
    };
    await hold({ ...spec, failurePolicy: "Ignore" });
    expect(await tryMap({ a: "1" })).toMatchObject({ status: 201 });
  });
});

test("the authorizer tells what the author of a request, or another account, may do", async () => {
  await hold({
    validations: [
      { expression: "authorizer.requestResource.check('create').allowed()", message: "not even this" },
      {
        expression:
          "authorizer.serviceAccount('default', 'robot').group('').resource('configmaps').namespace('default').check('get').allowed()",
        messageExpression: "'robot may not read ' + object.metadata.name",
      },
    ],
  });
  expect(await tryMap({})).toMatchObject({ status: 422, message: denied("robot may not read m") });
  const rbac = { group: "rbac.authorization.k8s.io", version: "v1" };
  await admin.create({ ...rbac, plural: "roles" }, {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "Role",
    metadata: { name: "reads", namespace: "default" },
    rules: [{ apiGroups: [""], resources: ["configmaps"], verbs: ["get"] }],
  } as KubeObject);
  await admin.create({ ...rbac, plural: "rolebindings" }, {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "RoleBinding",
    metadata: { name: "reads", namespace: "default" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "reads" },
    subjects: [{ kind: "ServiceAccount", name: "robot", namespace: "default" }],
  } as KubeObject);
  expect(await tryMap({})).toMatchObject({ status: 201 });
});

describe("a policy is refused at its creation for", () => {
  const complaints = async (spec: object): Promise<string[]> => {
    const failure = (await admin.create(policies, policy(spec)).catch((thrown: unknown) => thrown)) as {
      status?: { details?: { causes?: { field: string; message: string }[] } };
    };
    return (failure.status?.details?.causes ?? []).map(({ field, message }) => `${field}: ${message}`);
  };
  const validation = (expression: string, more: object = {}) => ({ validations: [{ expression, ...more }] });

  test.each([
    [
      "a wrong name",
      validation("objekt.data == null"),
      "spec.validations[0].expression: Invalid value: \"objekt.data == null\": compilation failed: ERROR: <input>:1:1: undeclared reference to 'objekt' (in container '')\n | objekt.data == null\n | ^",
    ],
    [
      "another result than a bool",
      validation("size(object.data)"),
      'spec.validations[0].expression: Invalid value: "size(object.data)": must evaluate to bool',
    ],
    [
      "parameters without their kind",
      validation("params.a == 1"),
      "spec.validations[0].expression: Invalid value: \"params.a == 1\": compilation failed: ERROR: <input>:1:1: undeclared reference to 'params' (in container '')\n | params.a == 1\n | ^",
    ],
    [
      "a variable that is declared nowhere",
      validation("variables.x"),
      "spec.validations[0].expression: Invalid value: \"variables.x\": compilation failed: ERROR: <input>:1:10: undefined field 'x'\n | variables.x\n | .........^",
    ],
    [
      "a message that is no text",
      validation("true", { messageExpression: "1" }),
      'spec.validations[0].messageExpression: Invalid value: "1": must evaluate to string',
    ],
    [
      "an unknown reason",
      validation("true", { reason: "Because" }),
      'spec.validations[0].reason: Unsupported value: "Because": supported values: "Forbidden", "Invalid", "RequestEntityTooLarge", "Unauthorized"',
    ],
    [
      "a match condition that is no bool",
      { ...validation("true"), matchConditions: [{ name: "a", expression: "'x'" }] },
      "spec.matchConditions[0].expression: Invalid value: \"'x'\": must evaluate to bool",
    ],
    [
      "variables in a match condition",
      {
        ...validation("true"),
        variables: [{ name: "x", expression: "1" }],
        matchConditions: [{ name: "a", expression: "variables.x == 1" }],
      },
      "spec.matchConditions[0].expression: Invalid value: \"variables.x == 1\": compilation failed: ERROR: <input>:1:1: undeclared reference to 'variables' (in container '')\n | variables.x == 1\n | ^",
    ],
    [
      "a name that is no identifier",
      { ...validation("true"), variables: [{ name: "a-b", expression: "1" }] },
      'spec.variables[0].name: Invalid value: "a-b": name is not a valid CEL identifier',
    ],
    [
      "an annotation that is no text",
      { auditAnnotations: [{ key: "k", valueExpression: "1" }] },
      'spec.auditAnnotations[0].valueExpression: Invalid value: "1": must evaluate to one of [string null_type]',
    ],
  ])("%s", async (_name, spec, complaint) => {
    expect(await complaints(spec)).toEqual([complaint]);
  });

  test("what is stored already may stay; the authorizer may be asked", async () => {
    await admin.create(
      policies,
      policy(validation("authorizer.group('').resource('pods').check('create').allowed()")),
    );
    const stored = structuredClone(
      await admin.get<KubeObject & { spec: { validations: { expression: string }[] } }>(
        policies,
        undefined,
        "p",
      ),
    );
    stored.spec.validations.push({ expression: "size(1, 2, 3) == 'a'" });
    await expect(admin.update(policies, stored)).rejects.toMatchObject({ code: 422 });
  });
});

test("match conditions of webhooks are compiled, too", async () => {
  const configuration = {
    apiVersion: `${group}/v1`,
    kind: "ValidatingWebhookConfiguration",
    metadata: { name: "w" },
    webhooks: [
      {
        name: "w.example.com",
        clientConfig: { url: "https://example.com" },
        admissionReviewVersions: ["v1"],
        sideEffects: "None",
        matchConditions: [{ name: "a", expression: "objekt == 1" }],
      },
    ],
  } as unknown as KubeObject;
  await expect(
    admin.create({ group, version: "v1", plural: "validatingwebhookconfigurations" }, configuration),
  ).rejects.toMatchObject({
    code: 422,
    message: expect.stringContaining(
      "webhooks[0].matchConditions[0].expression: Invalid value: \"objekt == 1\": compilation failed: ERROR: <input>:1:1: undeclared reference to 'objekt' (in container '')",
    ) as string,
  });
});
