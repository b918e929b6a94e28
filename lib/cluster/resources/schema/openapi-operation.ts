import type { Kind } from "../kind";
import type { Json } from "./openapi-parameters";
import { refPrefix, type GroupVersionKind } from "./schema";

/** As upstream's document has them; CBOR and, in answers, protobuf are named and not spoken. */
const answerTypes = [
  "application/cbor",
  "application/json",
  "application/vnd.kubernetes.protobuf",
  "application/yaml",
];
const streamTypes = [
  "application/cbor-seq",
  "application/json;stream=watch",
  "application/vnd.kubernetes.protobuf;stream=watch",
];
export const patchTypes = [
  "application/apply-patch+cbor",
  "application/apply-patch+yaml",
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
];

const descriptions: Record<string, string> = { "200": "OK", "201": "Created", "202": "Accepted" };

export interface OperationFacts {
  /** Undefined: of no kind, as the list of a group's resources is. */
  action?: string;
  id: string;
  tag: string;
  description: string;
  gvk?: GroupVersionKind;
  given?: readonly Json[];
  /** The types that a request's body and an answer have, by name; an answer without one is text. */
  body?: string;
  result?: string;
  codes?: string[];
}

/** An operation with all its parameters: see `pathItem`. */
export function operation(facts: OperationFacts): Json {
  const { action, id, tag, description, gvk, given = [], body, codes = ["200"] } = facts;
  const bodyTypes = action === "patch" ? patchTypes : ["*/*"];
  const isDeletion = action === "delete" || action === "deletecollection";
  return {
    description,
    operationId: id,
    tags: [tag],
    parameters: given,
    ...(body
      ? {
          requestBody: {
            content: content(bodyTypes, { $ref: refPrefix + body }),
            ...(isDeletion ? {} : { required: true }),
          },
        }
      : {}),
    responses: {
      ...Object.fromEntries(
        codes.map((code) => [code, { description: descriptions[code], content: answer(facts) }]),
      ),
      "401": { description: "Unauthorized" },
    },
    ...(action ? { "x-kubernetes-action": action } : {}),
    ...(gvk ? { "x-kubernetes-group-version-kind": gvk } : {}),
  };
}

function answer({ action, id, result }: OperationFacts): Json {
  if (action === "connect") return content(["*/*"], { type: "string" });
  if (!result) return content([...answerTypes, "text/plain"], { type: "string" });
  const isStream = action === "list" && id.startsWith("list");
  return content(isStream ? [...answerTypes, ...streamTypes] : answerTypes, { $ref: refPrefix + result });
}

const content = (types: string[], schema: object): Json =>
  Object.fromEntries(types.map((type) => [type, { schema }]));

/** Operations of one path: the parameters that all of them take stand with the path, as upstream has it. */
export function pathItem(operations: Record<string, Json>, ofPath: readonly Json[] = []): Json {
  const lists = Object.values(operations).map(({ parameters }) => parameters as Json[]);
  const common = (lists[0] ?? []).filter((one) => lists.every((list) => list.includes(one)));
  const own = Object.entries(operations).map(([method, { parameters, ...rest }]) => {
    const left = (parameters as Json[]).filter((one) => !common.includes(one));
    return [method, left.length > 0 ? { ...rest, parameters: left } : rest];
  });
  const shared = [...ofPath, ...common];
  return { ...Object.fromEntries(own), ...(shared.length > 0 ? { parameters: shared } : {}) };
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** "rbacAuthorization" of rbac.authorization.k8s.io. */
export const groupWord = (group: string) =>
  group === ""
    ? "core"
    : group.replace(/\.k8s\.io$/, "").replace(/\.(\w)/g, (_all, letter: string) => letter.toUpperCase());

type GroupVersion = Pick<Kind, "group" | "version">;

export const groupVersionTag = ({ group, version }: GroupVersion) => `${groupWord(group)}_${version}`;

/** "CoreV1": in the middle of an operation's name. */
export const groupVersionWord = ({ group, version }: GroupVersion) =>
  capital(groupWord(group)) + capital(version);
