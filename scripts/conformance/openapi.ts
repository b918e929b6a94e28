import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { ApiUnderTest } from "./api-under-test";
import { compareOperations } from "./openapi-operations";
import { Tally, type SetReport } from "./report";

type Json = Record<string, unknown>;
interface Definition extends Json {
  properties?: Record<string, Json>;
  required?: string[];
}
interface Document {
  paths: Record<string, Record<string, unknown>>;
  components: { schemas?: Record<string, Definition> };
}

/**
 * What /openapi/v3 publishes against upstream's documents: every definition (its kind, required fields and marks), every
 * field (type, default, merge key, list type) and every operation. Texts are left out.
 */
export async function checkOpenapi(api: ApiUnderTest, upstream: string): Promise<SetReport> {
  const tally = new Tally("openapi", "definitions, fields and operations");
  const { paths } = await api.getJson<{ paths: Record<string, { serverRelativeURL: string }> }>(
    "/openapi/v3",
  );
  for (const [path, { serverRelativeURL }] of Object.entries(paths)) {
    const file = join(upstream, "openapi-v3", `${path.replaceAll("/", "__")}_openapi.json`);
    if (!existsSync(file)) continue;
    const ours = await api.getJson<Document>(serverRelativeURL);
    const theirs = JSON.parse(readFileSync(file, "utf8")) as Document;
    const [own, wanted] = [ours.components.schemas ?? {}, theirs.components.schemas ?? {}];
    for (const [name, definition] of Object.entries(wanted))
      compareDefinition(tally, `${path} ${name}`, own[name], definition);
    for (const name of Object.keys(own))
      if (!Object.hasOwn(wanted, name)) tally.add(`${path} ${name}`, "is not upstream's");
    if (/(^|\/)v\d\w*$/.test(path))
      compareOperations(ours.paths, theirs.paths, (where, own, wanted) =>
        compare(tally, `${path} ${where}`, own, wanted),
      );
    // Of a document that is no group version's, all of it but its texts.
    else compare(tally, `${path} paths`, withoutTexts(ours.paths), withoutTexts(theirs.paths));
  }
  return tally.finish();
}

function compareDefinition(
  tally: Tally,
  where: string,
  ours: Definition | undefined,
  theirs: Definition,
): void {
  if (!ours) return tally.add(where, "is missing");
  compare(tally, where, marksOf(ours), marksOf(theirs));
  const names = new Set([...Object.keys(ours.properties ?? {}), ...Object.keys(theirs.properties ?? {})]);
  for (const name of names) {
    const [mine, wanted] = [ours.properties?.[name], theirs.properties?.[name]];
    if (!mine || !wanted) tally.add(`${where}.${name}`, mine ? "is not upstream's" : "is missing");
    else compare(tally, `${where}.${name}`, withoutText(mine), withoutText(wanted));
  }
}

/** A definition without its fields and texts. Options kinds list every group that takes them: only single kinds count. */
function marksOf({ properties: _, description: _text, required, ...marks }: Definition): Json {
  const { "x-kubernetes-group-version-kind": kinds, ...rest } = marks;
  return {
    ...rest,
    ...(Array.isArray(kinds) && kinds.length === 1 ? { kinds: kinds as unknown } : {}),
    ...(required ? { required: [...required].sort() } : {}),
  };
}

const withoutTexts = (value: unknown) =>
  JSON.parse(
    JSON.stringify(value, (name, member: unknown) =>
      name === "description" && typeof member === "string" ? undefined : member,
    ),
  ) as unknown;

const withoutText = ({ description: _, ...rest }: Json) => rest;

function compare(tally: Tally, where: string, ours: unknown, theirs: unknown): void {
  const same = isDeepStrictEqual(ours, theirs);
  tally.add(where, same ? undefined : `${JSON.stringify(ours)} instead of ${JSON.stringify(theirs)}`);
}
