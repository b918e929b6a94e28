import * as common from "./common";
import { object, rules, text } from "./schema";

export const gatewayClassSpec = object("What is wanted.", {
  "controllerName!": common.controllerName(
    "The controller that Gateways of this class are for: a domain and a path, such as example.com/gateway-controller. It cannot be changed.",
    rules(["self == oldSelf", "Value is immutable"]),
  ),
  description: text("What the class is for.", { maxLength: 64 }),
  parametersRef: object("An object with the controller's own settings for the class.", {
    "group!": common.groupName("Its API group."),
    "kind!": common.kindName("Its kind."),
    "name!": common.name("Its name."),
    namespace: common.namespace("Its namespace, when it has one."),
  }),
});

export const gatewayClassStatus = object(
  "What the controller says.",
  {
    conditions: common.conditions("Whether a controller has accepted the class.", [["Accepted", "Pending"]]),
  },
  {
    default: {
      conditions: [
        {
          type: "Accepted",
          reason: "Pending",
          status: "Unknown",
          message: "Waiting for controller",
          lastTransitionTime: "1970-01-01T00:00:00Z",
        },
      ],
    },
  },
);
