import { ageColumn, boolean, integer, nameColumn, text, wide } from "../columns/columns";
import { since } from "../columns/duration";
import { formatSelector, none, orNone } from "../columns/format";
import { defineKind } from "../define-kind";
import { validateJobSpec } from "../job/validate";
import type { FieldError } from "../kind";
import { defaultPodTemplate, orDefault } from "../pod-spec/defaults";
import { templateColumns } from "../pod-spec/template-columns";
import type { CronJob } from "../types";
import { invalid, invalidEach, notSupported, required } from "../validation/errors";
import { maxLength } from "../validation/names";
import { nonNegative } from "../validation/numbers";
import { parseSchedule } from "./schedule";

const policies = ["Allow", "Forbid", "Replace"];

function validateSchedule(schedule: string | undefined): FieldError[] {
  if (!schedule) return [required("spec.schedule")];
  if (/TZ=/.test(schedule)) {
    return [
      invalid("spec.schedule", schedule, "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"),
    ];
  }
  try {
    parseSchedule(schedule);
    return [];
  } catch (error) {
    return [invalid("spec.schedule", schedule, (error as Error).message)];
  }
}

function validateZone(zone: string | undefined): FieldError[] {
  if (zone === undefined) return [];
  if (zone === "") return [invalid("spec.timeZone", zone, "timeZone must be nil or non-empty string")];
  try {
    new Intl.DateTimeFormat("en-US", { timeZone: zone });
    return [];
  } catch {
    return [invalid("spec.timeZone", zone, `unknown time zone ${zone}`)];
  }
}

function validate({ metadata, spec }: CronJob): FieldError[] {
  if (!spec) return [required("spec.schedule"), required("spec.jobTemplate")];
  const errors: FieldError[] = [];
  // The controller adds eleven characters to the name of each job.
  if ((metadata.name ?? "").length > 52) {
    errors.push(...invalidEach("metadata.name", metadata.name, [maxLength(52)]));
  }
  errors.push(...validateSchedule(spec.schedule), ...validateZone(spec.timeZone));
  if (!policies.includes(spec.concurrencyPolicy ?? "")) {
    errors.push(notSupported("spec.concurrencyPolicy", spec.concurrencyPolicy, policies));
  }
  const jobSpec = spec.jobTemplate?.spec;
  if (jobSpec?.selector) {
    errors.push(
      invalid("spec.jobTemplate.spec.selector", jobSpec.selector, "`selector` will be auto-generated"),
    );
  }
  if (jobSpec?.manualSelector)
    errors.push(notSupported("spec.jobTemplate.spec.manualSelector", true, ["nil", "false"]));
  return [
    ...errors,
    ...nonNegative(spec.startingDeadlineSeconds, "spec.startingDeadlineSeconds"),
    ...nonNegative(spec.successfulJobsHistoryLimit, "spec.successfulJobsHistoryLimit"),
    ...nonNegative(spec.failedJobsHistoryLimit, "spec.failedJobsHistoryLimit"),
    ...validateJobSpec(spec.jobTemplate?.spec, "spec.jobTemplate.spec", false),
  ];
}

export const cronJob = defineKind<CronJob>("batch", "CronJob", {
  columns: [
    nameColumn(),
    text("Schedule", ({ spec }) => spec.schedule),
    text("Timezone", ({ spec }) => orNone(spec.timeZone)),
    boolean("Suspend", ({ spec }) => spec.suspend ?? false),
    integer("Active", ({ status }) => (status?.active ?? []).length),
    text("Last Schedule", ({ status }, { nowMs }) =>
      status?.lastScheduleTime ? since(status.lastScheduleTime, nowMs) : none,
    ),
    ageColumn(),
    ...templateColumns<CronJob>(({ spec }) => spec.jobTemplate?.spec?.template),
    wide("Selector", ({ spec }) => formatSelector(spec.jobTemplate?.spec?.selector)),
  ],
  defaults({ spec }) {
    if (!spec) return;
    if (!spec.concurrencyPolicy) spec.concurrencyPolicy = "Allow";
    orDefault(spec, "suspend", false);
    orDefault(spec, "successfulJobsHistoryLimit", 3);
    orDefault(spec, "failedJobsHistoryLimit", 1);
    defaultPodTemplate(spec.jobTemplate?.spec?.template);
  },
  prepareForCreate(object) {
    object.metadata.generation = 1;
    object.status = {};
  },
  validate,
});
