import * as common from "./common";
import { filters, headerMatches } from "./filters";
import { byKey, list, object, rules, text, type Schema } from "./schema";

const path = object(
  "What the path must be: the prefix / when it is not set.",
  {
    type: text("Exact, PathPrefix (element by element between the slashes) or RegularExpression.", {
      enum: ["Exact", "PathPrefix", "RegularExpression"],
      default: "PathPrefix",
    }),
    value: text("The path, its beginning, or an expression for it.", { maxLength: 1024, default: "/" }),
  },
  {
    default: { type: "PathPrefix", value: "/" },
    ...rules(
      [
        "!(self.type in ['Exact','PathPrefix']) || self.value.startsWith('/')",
        "value must be an absolute path and start with '/' when type one of ['Exact', 'PathPrefix']",
      ],
      ...["//", "/./", "/../", "%2f", "%2F", "#"].map((part): [string, string] => [
        `!(self.type in ['Exact','PathPrefix']) || !self.value.contains('${part}')`,
        `must not contain '${part}' when type one of ['Exact', 'PathPrefix']`,
      ]),
      ...["/..", "/."].map((end): [string, string] => [
        `!(self.type in ['Exact','PathPrefix']) || !self.value.endsWith('${end}')`,
        `must not end with '${end}' when type one of ['Exact', 'PathPrefix']`,
      ]),
    ),
  },
);

const httpMatch = object("What a request must be; all of it.", {
  path,
  headers: headerMatches("What headers must be."),
  queryParams: list(
    "What parameters of the query must be.",
    object("What a parameter must be.", {
      type: text("Whether the value is the parameter's or an expression for it.", {
        enum: ["Exact", "RegularExpression"],
        default: "Exact",
      }),
      "name!": text("The parameter's name.", {
        minLength: 1,
        maxLength: 256,
        pattern: "^[A-Za-z0-9!#$%&'*+\\-.^_\\x60|~]+$",
      }),
      "value!": text("The value, or the expression.", { minLength: 1, maxLength: 1024 }),
    }),
    16,
    byKey("name"),
  ),
  method: text("The method that the request must have.", {
    enum: ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"],
  }),
});

const grpcName = (description: string, pattern: string) => text(description, { maxLength: 1024, pattern });
const grpcMatch = object("What a call must be; all of it.", {
  method: object(
    "The service and method that must be called.",
    {
      type: text("Whether the names are the service's and the method's or expressions for them.", {
        enum: ["Exact", "RegularExpression"],
        default: "Exact",
      }),
      service: text("The service, with its package.", { maxLength: 1024 }),
      method: grpcName("The method.", "^[^/]*$"),
    },
    rules([
      "(has(self.service) && self.service != '') || (has(self.method) && self.method != '')",
      "One or both of 'service' or 'method' must be specified",
    ]),
  ),
  headers: headerMatches("What headers must be."),
});

const backendRefs = (isHttp: boolean): Schema =>
  list(
    "Where requests go, by their weights; without any they are answered with an error.",
    object(
      "A backend.",
      common.backendFields({
        weight: common.weight,
        filters: filters("Changes for this backend only.", { isHttp }),
      }),
      rules(common.needsPort),
    ),
    16,
  );

const ruleName = common.sectionName("The rule's name.");
const httpRule = object(
  "What is done with some of the requests.",
  {
    name: ruleName,
    matches: list(
      "Which requests: those that any of these fits. Of all rules the one that says most of the path comes first, then a method, then more headers and more parameters.",
      httpMatch,
      64,
      {
        default: [{ path: { type: "PathPrefix", value: "/" } }],
      },
    ),
    filters: filters("Changes on the way.", { isHttp: true }),
    backendRefs: backendRefs(true),
    timeouts: object(
      "How long is waited.",
      {
        request: common.duration("For the whole answer; 0s: without end."),
        backendRequest: common.duration("For one try of a backend; no longer than `request`."),
      },
      rules([
        "!(has(self.request) && has(self.backendRequest) && duration(self.request) != duration('0s') && duration(self.backendRequest) > duration(self.request))",
        "backendRequest timeout cannot be longer than request timeout",
      ]),
    ),
  },
  rules([
    "!has(self.backendRefs) || size(self.backendRefs) == 0 || !has(self.filters) || self.filters.all(f, !has(f.requestRedirect))",
    "RequestRedirect filter must not be used together with backendRefs",
  ]),
);

const grpcRule = object("What is done with some of the calls.", {
  name: ruleName,
  matches: list("Which calls: those that any of these fits.", grpcMatch, 64),
  filters: filters("Changes on the way.", { isHttp: false }),
  backendRefs: backendRefs(false),
});

const status = common.routeStatus;
const spec = (rule: Schema, more: Schema = {}): Schema =>
  object("What is wanted.", {
    parentRefs: common.parentRefs,
    hostnames: common.hostnames,
    rules: list("What is done with requests.", rule, 16, more),
  });

export const httpRoute = {
  spec: spec(httpRule, { default: [{ matches: [{ path: { type: "PathPrefix", value: "/" } }] }] }),
  status,
};
export const grpcRoute = { spec: spec(grpcRule), status };

/** A route of connections: nothing in them is looked at, but for the name that a TLS client gives. */
const connectionRoute = (more: Record<string, Schema>) => ({
  spec: object("What is wanted.", {
    parentRefs: common.parentRefs,
    ...more,
    "rules!": list(
      "What is done with connections.",
      object("Where connections go.", {
        name: ruleName,
        "backendRefs!": list(
          "Where connections go, by their weights.",
          object("A backend.", common.backendFields({ weight: common.weight }), rules(common.needsPort)),
          16,
          { minItems: 1 },
        ),
      }),
      16,
      { minItems: 1 },
    ),
  }),
  status,
});
export const tlsRoute = connectionRoute({ hostnames: common.hostnames });
export const portRoute = connectionRoute({});

export const referenceGrantSpec = object("Who may refer to what.", {
  "from!": list(
    "Who may: objects of a kind in a namespace.",
    object("A kind in a namespace.", {
      "group!": common.groupName("Its API group."),
      "kind!": common.kindName("Its kind."),
      "namespace!": common.namespace("The namespace that refers to this one."),
    }),
    16,
    { minItems: 1 },
  ),
  "to!": list(
    "To what, in the grant's own namespace.",
    object("A kind, or one object of it.", {
      "group!": common.groupName("Its API group: empty for the core group."),
      "kind!": common.kindName("Its kind."),
      name: common.name("Its name; every object of the kind when it is not set."),
    }),
    16,
    { minItems: 1 },
  ),
});
