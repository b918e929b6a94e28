import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestCluster, type TestCluster } from "../testing";

let t: TestCluster;
beforeAll(async () => {
  t = await startTestCluster();
});
afterAll(() => t?.close());

const json = { "content-type": "application/json" };
const deployment = (spec: string) =>
  `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d"},"spec":${spec}}`;
const pod = (container: string) =>
  `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{"containers":[${container}]}}`;
const quantity =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

async function refusalOf(method: string, path: string, body: string, type = "application/json") {
  const answer = await t.request(method, path, { headers: { "content-type": type }, body });
  const { message, code } = JSON.parse(answer.body) as { message: string; code: number };
  expect(answer.status).toBe(code);
  return { code, message };
}

/** Texts of upstream's decoder (sigs.k8s.io/json, apimachinery's IntOrString, Quantity and Time). */
describe("values that Go's types do not hold", () => {
  test.each([
    [
      deployment('{"replicas":1e300}'),
      "number 1e+300 into Go struct field DeploymentSpec.spec.replicas of type int32",
    ],
    [
      deployment('{"replicas":3000000000}'),
      "number 3000000000 into Go struct field DeploymentSpec.spec.replicas of type int32",
    ],
    [
      deployment('{"replicas":1.5}'),
      "number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32",
    ],
    [
      deployment('{"replicas":"2"}'),
      "string into Go struct field DeploymentSpec.spec.replicas of type int32",
    ],
    [
      deployment('{"template":[]}'),
      "array into Go struct field DeploymentSpec.spec.template of type v1.PodTemplateSpec",
    ],
    [
      deployment('{"template":{"metadata":{"labels":{"a":1}}}}'),
      "number into Go struct field ObjectMeta.spec.template.metadata.labels of type string",
    ],
    [
      deployment('{"template":{"spec":{"terminationGracePeriodSeconds":1e19}}}'),
      "number 10000000000000000000 into Go struct field PodSpec.spec.template.spec.terminationGracePeriodSeconds of type int64",
    ],
    [
      deployment('{"template":{"spec":{"containers":{"name":"a"}}}}'),
      "object into Go struct field PodSpec.spec.template.spec.containers of type []v1.Container",
    ],
    [
      deployment('{"strategy":{"rollingUpdate":{"maxSurge":3000000000}}}'),
      "number 3000000000 into Go value of type int32",
    ],
  ])("%s", async (body, why) => {
    const { code, message } = await refusalOf("POST", "/apis/apps/v1/namespaces/default/deployments", body);
    expect(code).toBe(400);
    expect(message).toBe(
      `Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal ${why}`,
    );
  });

  test.each([
    ["pods", pod('{"name":"a","image":"a","resources":{"limits":{"cpu":"lots"}}}'), `Pod|${quantity}`],
    ["pods", pod('{"name":"a","image":"a","resources":{"limits":{"cpu":true}}}'), `Pod|${quantity}`],
    [
      "pods",
      pod('{"name":"a","image":"a","env":[{"name":"A","value":1}]}'),
      "Pod|json: cannot unmarshal number into Go struct field EnvVar.spec.containers.env.value of type string",
    ],
    [
      "secrets",
      '{"kind":"Secret","apiVersion":"v1","metadata":{"name":"s"},"data":{"a":"no base64"}}',
      "Secret|illegal base64 data at input byte 2",
    ],
    [
      "events",
      '{"kind":"Event","apiVersion":"v1","metadata":{"name":"e"},"firstTimestamp":"today"}',
      'Event|parsing time "today" as "2006-01-02T15:04:05Z07:00": cannot parse "today" as "2006"',
    ],
  ])("%s: %s", async (plural, body, text) => {
    const [kind, why] = text.split("|");
    const answer = await refusalOf("POST", `/api/v1/namespaces/default/${plural}`, body);
    expect(answer).toEqual({
      code: 400,
      message: `${kind} in version "v1" cannot be handled as a ${kind}: ${why}`,
    });
  });

  test("subresources are decoded as strictly", async () => {
    const deployments = "/apis/apps/v1/namespaces/default/deployments";
    const container = { name: "a", image: "a" };
    await t.request("POST", deployments, {
      headers: json,
      body: deployment(
        JSON.stringify({
          selector: { matchLabels: { a: "b" } },
          template: { metadata: { labels: { a: "b" } }, spec: { containers: [container] } },
        }),
      ),
    });
    const why =
      "json: cannot unmarshal number 3000000000 into Go struct field ScaleSpec.spec.replicas of type int32";
    const scale =
      '{"kind":"Scale","apiVersion":"autoscaling/v1","metadata":{"name":"d"},"spec":{"replicas":3e9}}';
    expect(await refusalOf("PUT", `${deployments}/d/scale`, scale)).toEqual({
      code: 400,
      message: `Scale in version "v1" cannot be handled as a Scale: ${why}`,
    });
    const patch = await refusalOf(
      "PATCH",
      `${deployments}/d/scale`,
      '{"spec":{"replicas":3000000000}}',
      "application/merge-patch+json",
    );
    expect(patch.code).toBe(422);
    expect(patch.message).toContain(why);
    const kubectl = await t.kubectl(["patch", "deployment", "d", "-p", '{"spec":{"replicas":3000000000}}']);
    expect(kubectl.stderr).toContain(
      "json: cannot unmarshal number 3000000000 into Go struct field DeploymentSpec.spec.replicas of type int32",
    );
  });
});
