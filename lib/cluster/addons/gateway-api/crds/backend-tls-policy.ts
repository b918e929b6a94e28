import * as common from "./common";
import { list, object, rules, text } from "./schema";

const target = (more = {}) => ({
  "group!": common.groupName("Its API group: empty for the core group."),
  "kind!": common.kindName("Its kind."),
  "name!": common.name("Its name."),
  ...more,
});

export const backendTlsPolicy = {
  spec: object("What is wanted.", {
    "targetRefs!": list(
      "The Services whose connections are encrypted.",
      object(
        "A Service, or one port of it.",
        target({ sectionName: common.sectionName("The name of a port; without it every port.") }),
      ),
      16,
      { minItems: 1 },
    ),
    "validation!": object(
      "How it is known who answers.",
      {
        caCertificateRefs: list(
          "ConfigMaps with the certificates of authorities, under ca.crt.",
          object("A ConfigMap.", target()),
          8,
        ),
        wellKnownCACertificates: text("System: the authorities that the data plane's image trusts.", {
          enum: ["System"],
        }),
        "hostname!": common.preciseHostname(
          "The name that is asked for, and that the certificate must have.",
        ),
      },
      rules([
        "has(self.caCertificateRefs) && size(self.caCertificateRefs) > 0 || has(self.wellKnownCACertificates) && self.wellKnownCACertificates != ''",
        "must specify either CACertificateRefs or WellKnownCACertificates",
      ]),
    ),
  }),
  status: common.policyStatus,
};
