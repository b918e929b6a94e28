import { ageColumn, integer, nameColumn } from "../columns/columns";
import { defineKind, type Hooks } from "../define-kind";
import type { FieldError } from "../kind";
import type { Webhook, WebhookClientConfig, WebhookConfiguration } from "../types";
import { duplicate, invalid, invalidEach, notSupported, required } from "../validation/errors";
import { dnsSubdomain } from "../validation/names";
import { validateSelector } from "../validation/selector";

const operations = ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"];

function defaultWebhook(webhook: Webhook, mutating: boolean): void {
  webhook.failurePolicy ??= "Fail";
  webhook.matchPolicy ??= "Equivalent";
  webhook.namespaceSelector ??= {};
  webhook.objectSelector ??= {};
  webhook.timeoutSeconds ??= 10;
  if (mutating) webhook.reinvocationPolicy ??= "Never";
  for (const rule of webhook.rules ?? []) rule.scope ??= "*";
  if (webhook.clientConfig?.service) webhook.clientConfig.service.port ??= 443;
}

export function validateClientConfig(config: WebhookClientConfig | undefined, at: string): FieldError[] {
  if (!config || (config.url === undefined) === (config.service === undefined)) {
    return [required(at, "exactly one of url or service is required")];
  }
  if (config.url !== undefined && !/^https:\/\/[^/?#@]+/.test(config.url)) {
    return [
      invalid(
        `${at}.url`,
        config.url,
        "'https' is the only allowed URL scheme; desired format: https://host[/path]",
      ),
    ];
  }
  const { service } = config;
  if (!service) return [];
  return [
    ...(service.name ? [] : [required(`${at}.service.name`, "service name is required")]),
    ...(service.namespace ? [] : [required(`${at}.service.namespace`, "service namespace is required")]),
    ...(service.path === undefined || service.path.startsWith("/")
      ? []
      : [invalid(`${at}.service.path`, service.path, "must start with a '/'")]),
  ];
}

function validateWebhook(webhook: Webhook, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const name = webhook.name ?? "";
  if (name === "") errors.push(required(`${at}.name`));
  else {
    errors.push(...invalidEach(`${at}.name`, name, dnsSubdomain(name)));
    if (name.split(".").length < 3) {
      errors.push(
        invalid(`${at}.name`, name, "should be a domain with at least three segments separated by dots"),
      );
    }
  }
  if (!webhook.sideEffects)
    errors.push(required(`${at}.sideEffects`, "must specify one of None, NoneOnDryRun"));
  else if (!["None", "NoneOnDryRun"].includes(webhook.sideEffects)) {
    errors.push(notSupported(`${at}.sideEffects`, webhook.sideEffects, ["None", "NoneOnDryRun"]));
  }
  if (!webhook.admissionReviewVersions?.length) {
    errors.push(required(`${at}.admissionReviewVersions`, "must specify one of v1, v1beta1"));
  }
  if (!["Fail", "Ignore"].includes(webhook.failurePolicy ?? "")) {
    errors.push(notSupported(`${at}.failurePolicy`, webhook.failurePolicy, ["Fail", "Ignore"]));
  }
  const timeout = webhook.timeoutSeconds ?? 10;
  if (timeout < 1 || timeout > 30) {
    errors.push(
      invalid(`${at}.timeoutSeconds`, timeout, "the timeout value must be between 1 and 30 seconds"),
    );
  }
  for (const [index, rule] of (webhook.rules ?? []).entries()) {
    const field = `${at}.rules[${index}]`;
    for (const part of ["operations", "apiGroups", "apiVersions", "resources"] as const) {
      if (!rule[part]?.length) errors.push(required(`${field}.${part}`));
    }
    for (const [position, operation] of (rule.operations ?? []).entries()) {
      if (!operations.includes(operation)) {
        errors.push(notSupported(`${field}.operations[${position}]`, operation, operations));
      }
    }
  }
  return [
    ...errors,
    ...validateClientConfig(webhook.clientConfig, `${at}.clientConfig`),
    ...validateSelector(webhook.namespaceSelector, `${at}.namespaceSelector`),
    ...validateSelector(webhook.objectSelector, `${at}.objectSelector`),
  ];
}

function hooks(mutating: boolean): Hooks<WebhookConfiguration> {
  return {
    columns: [nameColumn(), integer("Webhooks", ({ webhooks }) => webhooks?.length ?? 0), ageColumn()],
    defaults({ webhooks }) {
      for (const webhook of webhooks ?? []) defaultWebhook(webhook, mutating);
    },
    prepareForCreate({ metadata }) {
      metadata.generation = 1;
    },
    validate({ webhooks }) {
      const names = new Set<string>();
      return (webhooks ?? []).flatMap((webhook, index) => {
        const at = `webhooks[${index}]`;
        const errors = validateWebhook(webhook, at);
        if (names.has(webhook.name)) errors.push(duplicate(`${at}.name`, webhook.name));
        names.add(webhook.name);
        return errors;
      });
    },
  };
}

const group = "admissionregistration.k8s.io";
export const mutatingWebhookConfiguration = defineKind(group, "MutatingWebhookConfiguration", hooks(true));
export const validatingWebhookConfiguration = defineKind(
  group,
  "ValidatingWebhookConfiguration",
  hooks(false),
);
