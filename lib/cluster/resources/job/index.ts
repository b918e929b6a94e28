import { ageColumn, nameColumn, text, wide } from "../columns/columns";
import { humanDuration } from "../columns/duration";
import { formatSelector } from "../columns/format";
import { defineKind } from "../define-kind";
import { templateColumns } from "../pod-spec/template-columns";
import type { Job } from "../types";
import { defaultJob, selectOwnPods } from "./defaults";
import { validateJobSpec, validateJobUpdate } from "./validate";

function status(job: Job): string {
  const is = (type: string) =>
    (job.status?.conditions ?? []).some(
      (condition) => condition.type === type && condition.status === "True",
    );
  if (is("Complete")) return "Complete";
  if (is("Failed")) return "Failed";
  if (job.metadata.deletionTimestamp) return "Terminating";
  for (const type of ["Suspended", "FailureTarget", "SuccessCriteriaMet"]) if (is(type)) return type;
  return "Running";
}

function completions({ spec, status }: Job): string {
  const done = status?.succeeded ?? 0;
  if (spec.completions !== undefined) return `${done}/${spec.completions}`;
  const parallelism = spec.parallelism ?? 0;
  return parallelism > 1 ? `${done}/1 of ${parallelism}` : `${done}/1`;
}

function duration({ status }: Job, nowMs: number): string {
  if (!status?.startTime) return "";
  const endMs = status.completionTime ? Date.parse(status.completionTime) : nowMs;
  return humanDuration(endMs - Date.parse(status.startTime));
}

export const job = defineKind<Job>("batch", "Job", {
  columns: [
    nameColumn(),
    text("Status", status),
    text("Completions", completions),
    text("Duration", (object, { nowMs }) => duration(object, nowMs)),
    ageColumn(),
    ...templateColumns<Job>(({ spec }) => spec.template),
    wide("Selector", ({ spec }) => formatSelector(spec.selector)),
  ],
  selectableFields: { "status.successful": ({ status }) => String(status?.succeeded ?? 0) },
  defaults: defaultJob,
  prepareForCreate(object) {
    object.metadata.generation = 1;
    object.status = {};
    selectOwnPods(object);
  },
  validate: ({ spec }) => validateJobSpec(spec, "spec", true),
  validateUpdate: validateJobUpdate,
});
