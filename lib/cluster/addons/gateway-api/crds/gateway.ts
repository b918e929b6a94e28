import * as common from "./common";
import { byKey, list, object, rules, text, type Schema } from "./schema";

const routeKind = object("A kind of routes.", {
  group: common.groupName("Its API group.", { default: common.group }),
  "kind!": common.kindName("Its kind."),
});

const sameNamespace = { from: "Same" };

const allowedRoutes = object(
  "Which routes may be attached to this listener: of which kinds, and from which namespaces.",
  {
    kinds: list(
      "Kinds of routes that may be attached; without any, those that go with the listener's protocol.",
      routeKind,
      8,
    ),
    namespaces: object(
      "Namespaces from which routes may be attached: those of the Gateway's own namespace when this is not set.",
      {
        from: text("All, Same (the Gateway's own) or Selector (those that `selector` chooses).", {
          enum: ["All", "Selector", "Same"],
          default: "Same",
        }),
        selector: common.selector("Chooses namespaces by their labels when `from` is Selector."),
      },
      { default: sameNamespace },
    ),
  },
  { default: { namespaces: sameNamespace } },
);

const tls = object(
  "TLS of a listener. For HTTPS, and for TLS; not for the other protocols.",
  {
    mode: text("Terminate: TLS ends here. Passthrough: it goes on to the backend.", {
      enum: ["Terminate", "Passthrough"],
      default: "Terminate",
    }),
    certificateRefs: list(
      "Secrets of the type kubernetes.io/tls whose certificates the listener shows.",
      object("A certificate with its key.", {
        group: common.groupName("Its API group: empty for the core group.", { default: "" }),
        kind: common.kindName("Its kind.", { default: "Secret" }),
        "name!": common.name("Its name."),
        namespace: common.namespace(
          "Its namespace. Another than the Gateway's needs a ReferenceGrant there.",
        ),
      }),
      64,
    ),
    options: {
      type: "object",
      description: "Settings that a controller knows beside.",
      additionalProperties: { type: "string", maxLength: 4096, minLength: 0 },
      maxProperties: 16,
    },
  },
  rules([
    "self.mode != 'Terminate' || size(self.certificateRefs) > 0 || size(self.options) > 0",
    "certificateRefs or options must be specified when mode is Terminate",
  ]),
);

const listener = object("A port that the Gateway takes connections on.", {
  "name!": common.sectionName("Its name, once in the Gateway; routes may name it as sectionName."),
  hostname: common.hostname("The host that it is for; every host when it is not set. Not for TCP and UDP."),
  "port!": common.port("The port. Listeners may share one when protocol or hostname tell them apart."),
  "protocol!": text("HTTP, HTTPS, TLS, TCP, UDP, or one with a domain that a controller knows.", {
    minLength: 1,
    maxLength: 255,
    pattern:
      "^[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?$|[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\\/[A-Za-z0-9]+$",
  }),
  tls,
  allowedRoutes,
});

const plain = "['HTTP', 'TCP', 'UDP']";
const listeners = list("What the Gateway listens on: one at least.", listener, 64, {
  minItems: 1,
  ...byKey("name"),
  ...rules(
    [
      `self.all(l, !(l.protocol in ${plain}) || !has(l.tls))`,
      `tls must not be specified for protocols ${plain}`,
    ],
    [
      "self.all(l, l.protocol != 'HTTPS' || !has(l.tls) || l.tls.mode == 'Terminate')",
      "tls mode must be Terminate for protocol HTTPS",
    ],
    [
      "self.all(l, !(l.protocol in ['TCP', 'UDP']) || !has(l.hostname) || l.hostname == '')",
      "hostname must not be specified for protocols ['TCP', 'UDP']",
    ],
    ["self.all(a, self.exists_one(b, a.name == b.name))", "Listener name must be unique within the Gateway"],
    [
      "self.all(a, self.exists_one(b, a.port == b.port && a.protocol == b.protocol && (has(a.hostname) ? a.hostname : '') == (has(b.hostname) ? b.hostname : '')))",
      "Combination of port, protocol and hostname must be unique for each listener",
    ],
  ),
});

const addressType = text("IPAddress, Hostname, or one with a domain that a controller knows.", {
  minLength: 1,
  maxLength: 253,
  pattern:
    "^Hostname|IPAddress|NamedAddress|[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\\/[A-Za-z0-9\\/\\-._~%!$&'()*+,;=:]+$",
  default: "IPAddress",
});

/** An address of the type IPAddress is one. */
const isAddress: Schema = {
  oneOf: [
    {
      properties: {
        type: { enum: ["IPAddress"] },
        value: { anyOf: [{ format: "ipv4" }, { format: "ipv6" }] },
      },
    },
    { properties: { type: { not: { enum: ["IPAddress"] } } } },
  ],
};
const addressValue = text("The address itself.", { minLength: 1, maxLength: 253 });

const annotations = (description: string): Schema => ({
  type: "object",
  description,
  additionalProperties: { type: "string", maxLength: 4096, minLength: 0 },
  maxProperties: 8,
});

const labels = (description: string): Schema => ({
  type: "object",
  description,
  additionalProperties: {
    type: "string",
    maxLength: 63,
    minLength: 0,
    pattern: "^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$",
  },
  maxProperties: 8,
});

export const gatewaySpec = object("What is wanted.", {
  "gatewayClassName!": common.name("The GatewayClass, and with it the controller, that this Gateway is for."),
  "listeners!": listeners,
  addresses: list(
    "Addresses that are asked for; the controller gives one when there is none.",
    object("An address.", { type: addressType, "value!": addressValue }, isAddress),
    16,
  ),
  infrastructure: object("What is made for the Gateway: how it is marked and set.", {
    labels: labels("Labels of what is made."),
    annotations: annotations("Annotations of what is made."),
    parametersRef: object("An object of the same namespace with the controller's own settings.", {
      "group!": common.groupName("Its API group."),
      "kind!": common.kindName("Its kind."),
      "name!": common.name("Its name."),
    }),
  }),
});

export const gatewayStatus = object(
  "What the controller says.",
  {
    addresses: list(
      "Where the Gateway is reached.",
      object("An address.", { type: addressType, "value!": addressValue }, isAddress),
      16,
    ),
    conditions: common.conditions("Whether the Gateway is accepted, and whether it is set up.", [
      ["Accepted", "Pending"],
      ["Programmed", "Pending"],
    ]),
    listeners: list(
      "One entry for each listener.",
      object("What the controller says of a listener.", {
        "name!": common.sectionName("The listener."),
        "supportedKinds!": list("Kinds of routes that can be attached.", routeKind, 8),
        "attachedRoutes!": { type: "integer", format: "int32", description: "How many routes are attached." },
        "conditions!": common.conditions(
          "Whether the listener is accepted, conflicts with another, and is set up.",
        ),
      }),
      64,
      byKey("name"),
    ),
  },
  {
    default: {
      conditions: ["Accepted", "Programmed"].map((type) => ({
        type,
        reason: "Pending",
        status: "Unknown",
        message: "Waiting for controller",
        lastTransitionTime: "1970-01-01T00:00:00Z",
      })),
    },
  },
);
