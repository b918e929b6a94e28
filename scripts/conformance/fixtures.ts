import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { ApiUnderTest } from "./api-under-test";
import { Tally, type SetReport } from "./report";
import { collectionPath, readResources, type ServedResource } from "./rest-mapper";
import { types, type Form } from "./round-trip";

/**
 * Every filled-in object of a served kind, in each encoding: the server answers a strict dry run of it as it answers the
 * JSON (the values are made up, so mostly with the same complaints), without finding a field that it does not know.
 */
export async function checkFixtures(api: ApiUnderTest, upstream: string): Promise<SetReport> {
  const tally = new Tally("api-fixtures", "encoded objects");
  const folder = join(upstream, "api-fixtures");
  const resources = await readResources(api);
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".json"))) {
    const name = file.slice(0, -".json".length);
    const resource = servedResource(resources, name);
    if (!resource) continue;
    const reference = await dryRun(api, resource, readFileSync(join(folder, file)), "json");
    for (const form of Object.keys(types) as Form[]) {
      const path = join(folder, `${name}.${form}`);
      if (!existsSync(path)) continue;
      const answer = await dryRun(api, resource, readFileSync(path), form);
      tally.add(`${name}.${form}`, answeredOtherwise(answer, reference));
    }
  }
  return tally.finish();
}

function servedResource(resources: ServedResource[], name: string): ServedResource | undefined {
  const [, group = "", version, kind] = /^(.*)\.(v\d\w*)\.(\w+)$/.exec(name) ?? [];
  const bare = group === "core" ? "" : group;
  return resources.find((one) => one.group === bare && one.version === version && one.kind === kind);
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
