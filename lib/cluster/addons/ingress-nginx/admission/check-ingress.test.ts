import { expect, test } from "vitest";
import type { Ingress } from "@/lib/cluster/resources/types";
import { readControllerConfig } from "../settings/controller-config";
import { annotationPrefix } from "../settings/read-settings";
import { checkIngress } from "./check-ingress";

const { config } = readControllerConfig(undefined);

function ingress(
  name: string,
  path: string,
  pathType = "Prefix",
  annotations: Record<string, string> = {},
): Ingress {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: {
      name,
      namespace: "shop",
      annotations: Object.fromEntries(
        Object.entries(annotations).map(([key, value]) => [annotationPrefix + key, value]),
      ),
    },
    spec: {
      rules: [
        {
          host: "a.test",
          http: { paths: [{ path, pathType, backend: { service: { name: "web", port: { number: 80 } } } }] },
        },
      ],
    },
  };
}

test.each([
  ["a free path", ingress("new", "/free"), undefined],
  [
    "a path that another has",
    ingress("new", "/taken"),
    'host "a.test" and path "/taken" is already defined in ingress shop/old',
  ],
  ["its own path again", ingress("old", "/taken"), undefined],
  [
    "a canary for a path that another has",
    ingress("new", "/taken", "Prefix", { canary: "true", "canary-weight": "1" }),
    undefined,
  ],
  [
    "a pattern under a plain type",
    ingress("new", "/x(/|$)(.*)"),
    "ingress contains invalid paths: path /x(/|$)(.*) cannot be used with pathType Prefix",
  ],
  [
    "a pattern where the implementation decides",
    ingress("new", "/x(/|$)(.*)", "ImplementationSpecific"),
    undefined,
  ],
  [
    "an annotation without a meaning",
    ingress("new", "/x", "Prefix", { "limit-rps": "many" }),
    "annotation nginx.ingress.kubernetes.io/limit-rps contains invalid value",
  ],
  [
    "a snippet",
    ingress("new", "/x", "Prefix", { "configuration-snippet": "return 200;" }),
    "nginx.ingress.kubernetes.io/configuration-snippet annotation cannot be used. Snippet directives are disabled by the Ingress administrator",
  ],
  [
    "a path into the controller",
    ingress("new", "/etc/nginx/x", "ImplementationSpecific"),
    "invalid object: invalid path in rules: invalid value found: /etc/nginx/x",
  ],
])("%s", (_, asked, answer) => {
  expect(checkIngress(asked, [ingress("old", "/taken")], config)).toBe(answer);
});
