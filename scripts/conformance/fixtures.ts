import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { parse } from "yaml";
import { decodeProtobuf } from "@/lib/cluster/resources/protobuf";
import type { ApiUnderTest } from "./api-under-test";
import { Tally, type SetReport } from "./report";
import { collectionPath, readResources, type ServedResource } from "./rest-mapper";

const types = {
  json: "application/json",
  yaml: "application/yaml",
  pb: "application/vnd.kubernetes.protobuf",
};
type Form = keyof typeof types;

/**
 * Every filled-in object of a served kind, in each encoding: it decodes to the same object as its JSON, and the server
 * answers a strict dry run of it as it answers the JSON (the values are made up, so mostly with the same complaints),
 * without finding a field that it does not know. An answer without complaints is the object with nothing lost.
 */
export async function checkFixtures(api: ApiUnderTest, upstream: string): Promise<SetReport> {
  const tally = new Tally("api-fixtures", "encoded objects");
  const folder = join(upstream, "api-fixtures");
  const resources = await readResources(api);
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".json"))) {
    const name = file.slice(0, -".json".length);
    const resource = servedResource(resources, name);
    if (!resource) continue;
    const original = JSON.parse(readFileSync(join(folder, file), "utf8")) as Record<string, unknown>;
    const reference = await dryRun(api, resource, readFileSync(join(folder, file)), "json");
    for (const form of Object.keys(types) as Form[]) {
      const path = join(folder, `${name}.${form}`);
      if (!existsSync(path)) continue;
      const bytes = readFileSync(path);
      tally.add(
        `${name}.${form}`,
        decodedOtherwise(bytes, form, original) ??
          answeredOtherwise(await dryRun(api, resource, bytes, form), reference),
      );
    }
  }
  return tally.finish();
}

function servedResource(resources: ServedResource[], name: string): ServedResource | undefined {
  const [, group = "", version, kind] = /^(.*)\.(v\d\w*)\.(\w+)$/.exec(name) ?? [];
  const bare = group === "core" ? "" : group;
  return resources.find((one) => one.group === bare && one.version === version && one.kind === kind);
}

function decodedOtherwise(bytes: Buffer, form: Form, original: unknown): string | undefined {
  const object: unknown = form === "pb" ? decodeProtobuf(bytes).object : parse(bytes.toString("utf8"));
  return isDeepStrictEqual(object, original) ? undefined : "decodes to another object than its JSON";
}

function answeredOtherwise(answer: Answered, reference: Answered): string | undefined {
  const text = JSON.stringify(answer);
  if (/strict decoding error|unknown field/.test(text)) return text;
  return isDeepStrictEqual(answer, reference)
    ? undefined
    : `is answered ${text}, its JSON ${JSON.stringify(reference)}`;
}

interface Answered {
  status: number;
  body: unknown;
}

/** The answer without what differs from one request to the next. */
async function dryRun(
  api: ApiUnderTest,
  resource: ServedResource,
  body: Buffer,
  form: Form,
): Promise<Answered> {
  const path = `${collectionPath(resource, "namespaceValue")}?dryRun=All&fieldValidation=Strict`;
  const answer = await api.send("POST", path, { body, type: types[form] });
  const text = answer.body
    .replace(/"(uid|creationTimestamp|time|resourceVersion)":"[^"]*"/g, '"$1":""')
    .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "UID");
  return { status: answer.status, body: JSON.parse(text) as unknown };
}
