import { refPrefix } from "./schema";
import { groupWord } from "./openapi-operation";

type Json = Record<string, unknown>;

const meta = "io.k8s.apimachinery.pkg.apis.meta.v1";
const info = "io.k8s.apimachinery.pkg.version.Info";
const text = (description: string) => ({ description, type: "string" });
const sure = (description: string) => ({ ...text(description), default: "" });
const refTo = (name: string) => ({ allOf: [{ $ref: refPrefix + name }], default: {} });
const atomicList = (description: string, items: Json) => ({
  description,
  items,
  type: "array",
  "x-kubernetes-list-type": "atomic",
});
const typed = {
  apiVersion: text("The version of the schema that this document is written in."),
  kind: text("The kind of this document."),
};
const gvk = (kind: string) => ({ "x-kubernetes-group-version-kind": [{ group: "", kind, version: "v1" }] });
const addresses = atomicList(
  "Where clients of a network reach the server.",
  refTo(`${meta}.ServerAddressByClientCIDR`),
);

/** The types of what the roots of the API answer; no kind refers to them. */
const schemas: Record<string, Json> = {
  [`${meta}.APIGroup`]: {
    description: "A group, its versions and the one that clients should prefer.",
    type: "object",
    required: ["name", "versions"],
    properties: {
      ...typed,
      name: sure("The name of the group."),
      preferredVersion: {
        ...refTo(`${meta}.GroupVersionForDiscovery`),
        description: "The version that clients should prefer.",
      },
      serverAddressByClientCIDRs: addresses,
      versions: atomicList("The versions of the group.", refTo(`${meta}.GroupVersionForDiscovery`)),
    },
    ...gvk("APIGroup"),
  },
  [`${meta}.APIGroupList`]: {
    description: "The groups that are served.",
    type: "object",
    required: ["groups"],
    properties: { ...typed, groups: atomicList("The groups.", refTo(`${meta}.APIGroup`)) },
    ...gvk("APIGroupList"),
  },
  [`${meta}.APIVersions`]: {
    description: "The versions of the core group.",
    type: "object",
    required: ["versions", "serverAddressByClientCIDRs"],
    properties: {
      ...typed,
      serverAddressByClientCIDRs: addresses,
      versions: atomicList("The versions.", { default: "", type: "string" }),
    },
    ...gvk("APIVersions"),
  },
  [`${meta}.GroupVersionForDiscovery`]: {
    description: "A version of a group.",
    type: "object",
    required: ["groupVersion", "version"],
    properties: {
      groupVersion: sure('The group and the version: "apps/v1".'),
      version: sure('The version alone: "v1".'),
    },
  },
  [`${meta}.ServerAddressByClientCIDR`]: {
    description: "An address of the server for the clients of a network.",
    type: "object",
    required: ["clientCIDR", "serverAddress"],
    properties: {
      clientCIDR: sure("The network of the clients."),
      serverAddress: sure("The address, a name or an IP with an optional port."),
    },
  },
  [info]: {
    description: "The version of the server and of what it was built with.",
    type: "object",
    required: [
      "major",
      "minor",
      "gitVersion",
      "gitCommit",
      "gitTreeState",
      "buildDate",
      "goVersion",
      "compiler",
      "platform",
    ],
    properties: {
      buildDate: sure("When it was built."),
      compiler: sure("What it was built with."),
      emulationMajor: text("The major version that is emulated."),
      emulationMinor: text("The minor version that is emulated."),
      gitCommit: sure("The commit that it was built from."),
      gitTreeState: sure("Whether that tree was clean."),
      gitVersion: sure("The version as it is tagged."),
      goVersion: sure("The version of Go."),
      major: sure("The major version."),
      minCompatibilityMajor: text("The oldest major version that it works together with."),
      minCompatibilityMinor: text("The oldest minor version that it works together with."),
      minor: sure("The minor version."),
      platform: sure("The operating system and the processor."),
    },
  },
};

const objectTypes = ["application/json", "application/vnd.kubernetes.protobuf", "application/yaml"];

interface Root {
  id: string;
  tag: string;
  description?: string;
  types?: string[];
  /** Of the answer; without one it is text, without `types` there is none. */
  schema?: string;
}

const wellKnown: Record<string, Root> = {
  api: {
    id: "getCoreAPIVersions",
    tag: "core",
    description: "get available API versions",
    types: objectTypes,
    schema: `${meta}.APIVersions`,
  },
  apis: {
    id: "getAPIVersions",
    tag: "apis",
    description: "get available API versions",
    types: objectTypes,
    schema: `${meta}.APIGroupList`,
  },
  version: {
    id: "getCodeVersion",
    tag: "version",
    description: "get the version information for this server",
    types: ["application/json"],
    schema: info,
  },
  logs: { id: "logFileListHandler", tag: "logs" },
  ".well-known/openid-configuration": {
    id: "getServiceAccountIssuerOpenIDConfiguration",
    tag: "WellKnown",
    description: "get service account issuer OpenID configuration, also known as the 'OIDC discovery doc'",
    types: ["application/json"],
  },
  "openid/v1/jwks": {
    id: "getServiceAccountIssuerOpenIDKeyset",
    tag: "openid",
    description:
      "get service account issuer OpenID JSON Web Key Set (contains public token verification keys)",
    types: ["application/jwk-set+json"],
  },
};

/** The paths below /openapi/v3 that are no group version's, for the groups that are served. */
export const rootPaths = (groups: string[]): string[] => [
  ...Object.keys(wellKnown),
  ...groups.map((group) => `apis/${group}`),
];

/** The document of such a path, as JSON text; undefined where there is none. */
export function rootDocument(path: string, groups: string[]): string | undefined {
  const root = Object.hasOwn(wellKnown, path) ? wellKnown[path] : rootOfGroup(path, groups);
  if (!root) return undefined;
  const paths: Record<string, Json> = { [`/${path}/`]: { get: operation(root) } };
  if (path === "logs")
    paths["/logs/{logpath}"] = {
      get: operation({ id: "logFileHandler", tag: "logs" }),
      parameters: [
        {
          name: "logpath",
          in: "path",
          required: true,
          description: "path to the log",
          schema: { type: "string", uniqueItems: true },
        },
      ],
    };
  const used = root.schema ? { schemas: withTypesOf(root.schema) } : {};
  return JSON.stringify({
    openapi: "3.0.0",
    info: { title: "Kubernetes", version: "unversioned" },
    paths,
    components: {
      ...used,
      securitySchemes: {
        BearerToken: {
          description: "Bearer Token authentication",
          in: "header",
          name: "authorization",
          type: "apiKey",
        },
      },
    },
  });
}

function rootOfGroup(path: string, groups: string[]): Root | undefined {
  const group = /^apis\/([^/]+)$/.exec(path)?.[1];
  if (!group || !groups.includes(group)) return undefined;
  const word = groupWord(group);
  return {
    id: `get${word.charAt(0).toUpperCase()}${word.slice(1)}APIGroup`,
    tag: word,
    description: "get information of a group",
    types: objectTypes,
    schema: `${meta}.APIGroup`,
  };
}

function operation({ id, tag, description, types = [], schema }: Root): Json {
  const content = schema ? { $ref: refPrefix + schema } : { type: "string" };
  const answer = {
    description: "OK",
    content: Object.fromEntries(types.map((type) => [type, { schema: content }])),
  };
  return {
    ...(description ? { description } : {}),
    operationId: id,
    responses: {
      ...(types.length > 0 ? { "200": answer } : {}),
      "401": { description: "Unauthorized" },
    },
    tags: [tag],
  };
}

/** A type and those that it refers to. */
function withTypesOf(name: string): Record<string, Json> {
  const found: Record<string, Json> = {};
  const visit = (one: string): void => {
    if (found[one]) return;
    found[one] = schemas[one]!;
    for (const [, below] of JSON.stringify(schemas[one]).matchAll(/#\/components\/schemas\/([^"]+)/g))
      visit(below!);
  };
  visit(name);
  return found;
}
