import type { DnsMessage } from "./dns/types";
import type { Outcome, Query } from "./plugin";

/** The message that goes back for an outcome: an empty one where no plugin made a reply. */
export function replyMessage({ message, question }: Query, { rcode, reply }: Outcome): DnsMessage {
  return {
    id: message.id,
    flags: {
      response: true,
      opcode: message.flags.opcode,
      authoritative: reply?.authoritative ?? false,
      truncated: reply?.truncated ?? false,
      recursionDesired: message.flags.recursionDesired,
      recursionAvailable: reply?.recursionAvailable ?? false,
      authenticData: false,
      checkingDisabled: reply ? message.flags.checkingDisabled : false,
      rcode: reply?.rcode ?? rcode,
    },
    question: { ...question },
    answers: reply?.answers ?? [],
    authority: reply?.authority ?? [],
    additional: reply?.additional ?? [],
    ...(message.edns ? { edns: message.edns } : {}),
  };
}
