import { ageColumn, nameColumn, text } from "../columns/columns";
import { defineKind } from "../define-kind";
import type { FieldError } from "../kind";
import type { Typed } from "../types";
import { forbidden, invalid, notSupported, required } from "../validation/errors";

interface Queuing {
  queues?: number;
  handSize?: number;
  queueLengthLimit?: number;
}

interface Limited {
  nominalConcurrencyShares?: number;
  lendablePercent?: number;
  borrowingLimitPercent?: number;
  limitResponse?: { type?: string; queuing?: Queuing };
}

type PriorityLevel = Typed<{
  spec: {
    type?: string;
    limited?: Limited;
    exempt?: { nominalConcurrencyShares?: number; lendablePercent?: number };
  };
}>;

const none = "<none>";
const queuingOf = ({ spec }: PriorityLevel) => spec.limited?.limitResponse?.queuing;

/** kubernetes 1.34 pkg/apis/flowcontrol. */
export const priorityLevelConfiguration = defineKind<PriorityLevel>(
  "flowcontrol.apiserver.k8s.io",
  "PriorityLevelConfiguration",
  {
    columns: [
      nameColumn(),
      text("Type", ({ spec }) => spec.type ?? ""),
      text("NominalConcurrencyShares", ({ spec }) => spec.limited?.nominalConcurrencyShares ?? none),
      text("Queues", (one) => queuingOf(one)?.queues ?? none),
      text("HandSize", (one) => queuingOf(one)?.handSize ?? none),
      text("QueueLengthLimit", (one) => queuingOf(one)?.queueLengthLimit ?? none),
      ageColumn(),
    ],
    defaults({ spec }) {
      if (!spec) return;
      for (const [part, shares] of [
        [spec.exempt, 0],
        [spec.limited, 30],
      ] as const) {
        if (!part) continue;
        part.nominalConcurrencyShares ??= shares;
        part.lendablePercent ??= 0;
      }
      const queuing = spec.limited?.limitResponse?.queuing;
      if (!queuing) return;
      queuing.queues ||= 64;
      queuing.handSize ||= 8;
      queuing.queueLengthLimit ||= 50;
    },
    validate({ spec, metadata }) {
      const { type = "", limited, exempt } = spec;
      if ((type === "Exempt") !== (metadata.name === "exempt") && ["Exempt", "Limited"].includes(type))
        return [invalid("spec.type", type, "type must be 'Exempt' if and only if name is 'exempt'")];
      switch (type) {
        case "Exempt":
          return limited ? [forbidden("spec.limited", "must be nil if the type is not Limited")] : [];
        case "Limited":
          if (exempt) return [forbidden("spec.exempt", "must be nil if the type is Limited")];
          return limited
            ? validateLimited(limited, "spec.limited")
            : [required("spec.limited", "must not be empty when type is Limited")];
        default:
          return [notSupported("spec.type", type, ["Exempt", "Limited"])];
      }
    },
  },
);

function validateLimited(limited: Limited, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const { nominalConcurrencyShares: shares = 0, lendablePercent: lendable = 0, limitResponse = {} } = limited;
  const { borrowingLimitPercent: borrowing } = limited;
  if (shares < 0)
    errors.push(invalid(`${field}.nominalConcurrencyShares`, shares, "must be a non-negative integer"));
  if (lendable < 0 || lendable > 100)
    errors.push(invalid(`${field}.lendablePercent`, lendable, "must be between 0 and 100, inclusive"));
  if (borrowing !== undefined && borrowing < 0)
    errors.push(
      invalid(`${field}.borrowingLimitPercent`, borrowing, "if specified, must be a non-negative integer"),
    );
  return [...errors, ...validateResponse(limitResponse, `${field}.limitResponse`)];
}

function validateResponse({ type = "", queuing }: { type?: string; queuing?: Queuing }, field: string) {
  const at = `${field}.queuing`;
  switch (type) {
    case "Reject":
      return queuing ? [forbidden(at, "must be nil if limited.limitResponse.type is not Limited")] : [];
    case "Queue":
      return queuing
        ? (["queueLengthLimit", "queues", "handSize"] as const)
            .filter((name) => (queuing[name] ?? 0) <= 0)
            .map((name) => invalid(`${at}.${name}`, queuing[name], "must be positive"))
        : [required(at, "must not be empty if limited.limitResponse.type is Limited")];
    default:
      return [notSupported(`${field}.type`, type, ["Queue", "Reject"])];
  }
}
