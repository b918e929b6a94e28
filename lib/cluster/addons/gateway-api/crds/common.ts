import { byKey, integer, list, object, text, type Schema } from "./schema";

export const group = "gateway.networking.k8s.io";

const label = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const subdomain = `${label}(\\.${label})*`;

export const name = (description: string) => text(description, { minLength: 1, maxLength: 253 });
export const namespace = (description: string) =>
  text(description, { minLength: 1, maxLength: 63, pattern: `^${label}$` });
export const groupName = (description: string, more: Schema = {}) =>
  text(description, { maxLength: 253, pattern: `^$|^${subdomain}$`, ...more });
export const kindName = (description: string, more: Schema = {}) =>
  text(description, {
    minLength: 1,
    maxLength: 63,
    pattern: "^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$",
    ...more,
  });
export const sectionName = (description: string) =>
  text(description, { minLength: 1, maxLength: 253, pattern: `^${subdomain}$` });
export const hostname = (description: string) =>
  text(description, { minLength: 1, maxLength: 253, pattern: `^(\\*\\.)?${subdomain}$` });
export const preciseHostname = (description: string) =>
  text(description, { minLength: 1, maxLength: 253, pattern: `^${subdomain}$` });
export const port = (description: string, more: Schema = {}) => integer(description, 1, 65_535, more);
export const duration = (description: string) =>
  text(description, { pattern: "^([0-9]{1,5}(h|m|s|ms)){1,4}$" });

/** What is said of an object; `initial`: by nobody yet. */
export const conditions = (description: string, initial?: [type: string, reason: string][]): Schema =>
  list(
    description,
    object("What is said of one side of the object.", {
      "type!": text("The side of it that this is about.", {
        maxLength: 316,
        pattern: `^(${subdomain}/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$`,
      }),
      "status!": text("Whether it holds.", { enum: ["True", "False", "Unknown"] }),
      "reason!": text("Why, in one word for programs.", {
        minLength: 1,
        maxLength: 1024,
        pattern: "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$",
      }),
      "message!": text("Why, in words for people.", { maxLength: 32_768 }),
      "lastTransitionTime!": text("Since when the status is what it is.", { format: "date-time" }),
      observedGeneration: {
        type: "integer",
        format: "int64",
        minimum: 0,
        description: "The generation of the object that this was said of.",
      },
    }),
    8,
    {
      ...byKey("type"),
      ...(initial
        ? {
            default: initial.map(([type, reason]) => ({
              type,
              reason,
              status: "Unknown",
              message: "Waiting for controller",
              lastTransitionTime: "1970-01-01T00:00:00Z",
            })),
          }
        : {}),
    },
  );

export const selector = (description: string): Schema =>
  object(
    description,
    {
      matchLabels: {
        type: "object",
        description: "Labels that must be there with these values.",
        additionalProperties: { type: "string" },
      },
      matchExpressions: {
        type: "array",
        description: "What must hold of labels; all of it.",
        "x-kubernetes-list-type": "atomic",
        items: object("What must hold of one label.", {
          "key!": text("The label's name."),
          "operator!": text("In, NotIn, Exists or DoesNotExist."),
          values: {
            type: "array",
            description: "For In and NotIn.",
            items: { type: "string" },
            "x-kubernetes-list-type": "atomic",
          },
        }),
      },
    },
    { "x-kubernetes-map-type": "atomic" },
  );

const parentFields = {
  group: groupName("The parent's API group.", { default: group }),
  kind: kindName("The parent's kind.", { default: "Gateway" }),
  "name!": name("The parent's name."),
  namespace: namespace("The parent's namespace; the route's own when it is not set."),
  sectionName: sectionName(
    "One listener of the Gateway by its name; without it every listener that allows the route.",
  ),
  port: port("Only listeners on this port."),
};

export const parentRefs: Schema = list(
  "The Gateways, or listeners of them, that the route asks to be attached to.",
  object("A Gateway, or a part of it.", parentFields),
  32,
);

export const hostnames: Schema = list(
  "Hosts that the rules are for. They must have something in common with a listener's hostname; without any, the listener's own count.",
  hostname("A host, or *. and a domain for every host below it."),
  16,
);

export const backendFields = (more: Record<string, Schema> = {}): Record<string, Schema> => ({
  group: groupName("The backend's API group: empty for the core group.", { default: "" }),
  kind: kindName("The backend's kind.", { default: "Service" }),
  "name!": name("The backend's name."),
  namespace: namespace("The backend's namespace. Another than the route's needs a ReferenceGrant there."),
  port: port("The port of the Service, not of its pods."),
  ...more,
});

export const needsPort: [string, string] = [
  "(self.group != '' || self.kind != 'Service') || has(self.port)",
  "Must have port for Service reference",
];

export const weight = integer(
  "The backend's share of the requests, beside the other weights of the rule.",
  0,
  1_000_000,
  {
    default: 1,
  },
);

export const routeStatus: Schema = object("What controllers say of the route.", {
  "parents!": list(
    "One entry for each parent and controller.",
    object("What a controller says of the route at one parent.", {
      "parentRef!": object("The parent, as the route names it.", parentFields),
      "controllerName!": controllerName("The controller that says so."),
      conditions: {
        ...conditions("Whether the route is accepted there, and whether its references lead somewhere."),
        minItems: 1,
      },
    }),
    32,
  ),
});

export const policyStatus: Schema = object("What controllers say of the policy.", {
  "ancestors!": list(
    "One entry for each Gateway that it has to do with.",
    object("What a controller says of the policy at one Gateway.", {
      "ancestorRef!": object("The Gateway.", parentFields),
      "controllerName!": controllerName("The controller that says so."),
      conditions: conditions("Whether the policy is accepted, and whether its references lead somewhere."),
    }),
    16,
  ),
});

export function controllerName(description: string, more: Schema = {}): Schema {
  return text(description, {
    minLength: 1,
    maxLength: 253,
    pattern: `^${subdomain}\\/[A-Za-z0-9\\/\\-._~%!$&'()*+,;=:]+$`,
    ...more,
  });
}
