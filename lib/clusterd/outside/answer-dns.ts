import { decodeMessage } from "@/lib/cluster/addons/coredns/dns/decode";
import { encodeMessage } from "@/lib/cluster/addons/coredns/dns/encode";
import { normalName } from "@/lib/cluster/addons/coredns/dns/names";
import { rcodes, recordTypes } from "@/lib/cluster/addons/coredns/dns/types";
import { addressOf } from "./addresses";

/** What is known of a host: it answers; the real world has none of this name; it may exist, but is not reached from here. */
export type HostState = "here" | "gone" | "unreachable";

/**
 * The answer of the lab's resolver to one query, or undefined for what is no query. A host that is not mirrored gets SERVFAIL, as
 * from a resolver whose own line is cut.
 */
export async function answerDns(
  query: Buffer,
  stateOf: (host: string) => Promise<HostState>,
): Promise<Buffer | undefined> {
  const message = decodeMessage(query);
  if (!message || message.flags.response) return undefined;
  const { question } = message;
  const host = normalName(question.name).slice(0, -1);
  const state = await stateOf(host);
  const isAddress = state === "here" && question.type === recordTypes.A;
  return encodeMessage({
    ...message,
    flags: {
      ...message.flags,
      response: true,
      recursionAvailable: true,
      rcode: state === "here" ? rcodes.NOERROR : state === "gone" ? rcodes.NXDOMAIN : rcodes.SERVFAIL,
    },
    answers: isAddress
      ? [{ name: question.name, ttl: 60, data: { type: "A", address: addressOf(host) } }]
      : [],
    authority: [],
    additional: [],
  });
}
