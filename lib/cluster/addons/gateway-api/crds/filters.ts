import * as common from "./common";
import { byKey, integer, list, object, rules, text, type Schema } from "./schema";

const headerName = (description: string) =>
  text(description, { minLength: 1, maxLength: 256, pattern: "^[A-Za-z0-9!#$%&'*+\\-.^_\\x60|~]+$" });

const headers = (description: string): Schema =>
  list(
    description,
    object("A header.", {
      "name!": headerName("Its name; case makes no difference."),
      "value!": text("Its value.", { minLength: 1, maxLength: 4096 }),
    }),
    16,
    byKey("name"),
  );

const headerModifier = (description: string): Schema =>
  object(description, {
    set: headers("Headers that take the place of those with the same name."),
    add: headers("Headers whose values come after those that are there."),
    remove: list("Names of headers that are taken away.", { type: "string" }, 16, {
      "x-kubernetes-list-type": "set",
    }),
  });

const path = (description: string): Schema =>
  object(
    description,
    {
      "type!": text("Which of the two is replaced.", { enum: ["ReplaceFullPath", "ReplacePrefixMatch"] }),
      replaceFullPath: text("What the whole path becomes.", { maxLength: 1024 }),
      replacePrefixMatch: text("What the part of the path that the rule matches becomes.", {
        maxLength: 1024,
      }),
    },
    rules(
      [
        "(self.type == 'ReplaceFullPath') == has(self.replaceFullPath)",
        "replaceFullPath must be specified when type is set to 'ReplaceFullPath', and only then",
      ],
      [
        "(self.type == 'ReplacePrefixMatch') == has(self.replacePrefixMatch)",
        "replacePrefixMatch must be specified when type is set to 'ReplacePrefixMatch', and only then",
      ],
    ),
  );

const extensionRef = object("An object of the same namespace that a controller knows as a filter.", {
  "group!": common.groupName("Its API group."),
  "kind!": common.kindName("Its kind."),
  "name!": common.name("Its name."),
});

const backend = (description: string): Schema =>
  object(description, common.backendFields(), rules(common.needsPort));

const shared: Record<string, Schema> = {
  requestHeaderModifier: headerModifier("Changes headers of the request before it goes on."),
  responseHeaderModifier: headerModifier("Changes headers of the answer before it goes back."),
  requestMirror: object("Sends the request to a second backend as well, whose answer nobody waits for.", {
    "backendRef!": backend("The second backend."),
    percent: integer("How many of 100 requests.", 0, 100),
    fraction: object(
      "How many of so many requests.",
      {
        "numerator!": { type: "integer", format: "int32", minimum: 0, description: "How many." },
        denominator: {
          type: "integer",
          format: "int32",
          minimum: 1,
          default: 100,
          description: "Of so many.",
        },
      },
      rules(["self.numerator <= self.denominator", "numerator must be less than or equal to denominator"]),
    ),
  }),
  extensionRef,
};

const ofHttp: Record<string, Schema> = {
  requestRedirect: object("Answers with another place to ask.", {
    scheme: text("The scheme there.", { enum: ["http", "https"] }),
    hostname: common.preciseHostname("The host there; the one that was asked when it is not set."),
    path: path("The path there; the one that was asked when it is not set."),
    port: common.port("The port there; the scheme's own, or the listener's, when it is not set."),
    statusCode: { type: "integer", enum: [301, 302], default: 302, description: "The status of the answer." },
  }),
  urlRewrite: object("Changes what the backend is asked for.", {
    hostname: common.preciseHostname("The host that the backend is asked as."),
    path: path("The path that the backend is asked for."),
  }),
};

const types: Record<string, string> = {
  RequestHeaderModifier: "requestHeaderModifier",
  ResponseHeaderModifier: "responseHeaderModifier",
  RequestMirror: "requestMirror",
  RequestRedirect: "requestRedirect",
  URLRewrite: "urlRewrite",
  ExtensionRef: "extensionRef",
};

/** Filters of HTTPRoutes or GRPCRoutes; the latter neither redirect nor rewrite. */
export function filters(description: string, { isHttp }: { isHttp: boolean }): Schema {
  const fields = isHttp ? { ...shared, ...ofHttp } : shared;
  const known = Object.entries(types).filter(([, field]) => field in fields);
  const filter = object(
    "A change on the way.",
    {
      "type!": text("What the filter does; the field of that name says how.", {
        enum: known.map(([type]) => type),
      }),
      ...fields,
    },
    rules(
      ...known.map(([type, field]): [string, string] => [
        `(self.type == '${type}') == has(self.${field})`,
        `filter.${field} must be specified for ${type} filter.type, and for no other`,
      ]),
    ),
  );
  const once = known
    .map(([type]) => type)
    .filter((type) => !["RequestMirror", "ExtensionRef"].includes(type));
  return list(
    description,
    filter,
    16,
    rules(
      ...(isHttp
        ? [
            [
              "!(self.exists(f, f.type == 'RequestRedirect') && self.exists(f, f.type == 'URLRewrite'))",
              "May specify either httpRouteFilterRequestRedirect or httpRouteFilterRequestRewrite, but not both",
            ] as [string, string],
          ]
        : []),
      ...once.map((type): [string, string] => [
        `self.filter(f, f.type == '${type}').size() <= 1`,
        `${type} filter cannot be repeated`,
      ]),
    ),
  );
}

export const headerMatches = (description: string): Schema =>
  list(
    description,
    object("What a header must be.", {
      type: text("Whether the value is the header's or an expression for it.", {
        enum: ["Exact", "RegularExpression"],
        default: "Exact",
      }),
      "name!": headerName("The header's name; case makes no difference."),
      "value!": text("The value, or the expression.", { minLength: 1, maxLength: 4096 }),
    }),
    16,
    byKey("name"),
  );
