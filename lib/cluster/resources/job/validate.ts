import type { FieldError } from "../kind";
import { validatePodTemplate } from "../pod-spec/validate";
import type { Job, JobSpec } from "../types";
import { forbidden, immutable, invalid, notSupported, required } from "../validation/errors";
import { nonNegative } from "../validation/numbers";
import { selectorMatches, validateSelector } from "../validation/selector";

/** ValidateJobSpec, for jobs and for the template of a CronJob (which has no selector yet). */
export function validateJobSpec(
  spec: JobSpec | undefined,
  field: string,
  withSelector: boolean,
): FieldError[] {
  if (!spec) return [required(`${field}.template`)];
  const errors: FieldError[] = [
    ...nonNegative(spec.parallelism, `${field}.parallelism`),
    ...nonNegative(spec.completions, `${field}.completions`),
    ...nonNegative(spec.activeDeadlineSeconds, `${field}.activeDeadlineSeconds`),
    ...nonNegative(spec.backoffLimit, `${field}.backoffLimit`),
    ...nonNegative(spec.ttlSecondsAfterFinished, `${field}.ttlSecondsAfterFinished`),
  ];
  if (withSelector) {
    if (!spec.selector) errors.push(required(`${field}.selector`));
    else {
      errors.push(...validateSelector(spec.selector, `${field}.selector`));
      const labels = spec.template?.metadata?.labels;
      if (!selectorMatches(spec.selector, labels)) {
        errors.push(
          invalid(`${field}.template.metadata.labels`, labels, "`selector` does not match template `labels`"),
        );
      }
    }
  }
  const modes = ["Indexed", "NonIndexed"];
  if (spec.completionMode !== undefined && !modes.includes(spec.completionMode)) {
    errors.push(notSupported(`${field}.completionMode`, spec.completionMode, modes));
  }
  if (spec.completionMode === "Indexed" && spec.completions === undefined) {
    errors.push(required(`${field}.completions`, "when completion mode is Indexed"));
  }
  errors.push(...validatePodTemplate(spec.template, `${field}.template`));
  const policy = spec.template?.spec?.restartPolicy;
  if (policy === "Always") {
    errors.push(
      invalid(
        `${field}.template.spec.restartPolicy`,
        policy,
        "only OnFailure and Never are allowed for `restartPolicy`",
      ),
    );
  }
  return errors.map((error) =>
    error.field.endsWith("template.spec.restartPolicy") && error.type === "FieldValueInvalid"
      ? {
          ...error,
          type: "FieldValueRequired",
          message: 'Required value: valid values: "OnFailure", "Never"',
        }
      : error,
  );
}

export function validateJobUpdate({ spec }: Job, { spec: old }: Job): FieldError[] {
  const errors = [
    ...(spec.completionMode === "Indexed"
      ? []
      : immutable("spec.completions", spec.completions, old.completions)),
    ...immutable("spec.selector", spec.selector, old.selector),
    ...immutable("spec.completionMode", spec.completionMode, old.completionMode),
  ];
  // A job that is suspended and never ran may still be aimed at other nodes.
  if (!old.suspend) errors.push(...immutable("spec.template", spec.template, old.template));
  if (spec.manualSelector !== old.manualSelector && old.manualSelector) {
    errors.push(forbidden("spec.manualSelector", "field is immutable"));
  }
  return errors;
}
