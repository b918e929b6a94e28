import type { PreviewPlace } from "@/lib/auth/preview-tickets";
import { AppError } from "@/lib/core/app-error";
import type { Explanation } from "./explain";

/** Why there is no page, for the person who looks at where it would be. Undefined: our own fault. */
export function problemInWords(failure: unknown, place?: PreviewPlace): Explanation | undefined {
  const { code, message, details } = AppError.from(failure);
  if (place && details.address !== undefined) return undialled(code, message, place);
  if (typeof details.phase === "string") return atRest(details.phase);
  switch (code) {
    case "unauthenticated":
      return { status: 401, title: "This view has ended", words: [message] };
    case "forbidden":
      return { status: 403, title: "You can only look", words: [message] };
    case "not-found":
      return {
        status: 404,
        title: "There is no such lab",
        words: [
          "The lab or its node does not run, or is not yours. Open the view again from your practice test.",
        ],
      };
    case "conflict":
      return { status: 409, title: "This lab cannot be looked at", words: [message] };
    case "invalid":
      return { status: 400, title: "This request cannot be passed on", words: [message] };
    case "exhausted":
      return { status: 429, title: "Too much at once", words: [message] };
    case "timeout":
    case "unavailable":
      return {
        status: 503,
        title: "The lab does not answer",
        words: [
          "The service that runs labs does not answer at the moment. Your lab is safe. Try again soon.",
        ],
      };
    default:
      return undefined;
  }
}

function undialled(code: string, message: string, { node, port }: PreviewPlace): Explanation {
  const look = [`ss -ltnp | grep ':${port} '`, `kubectl get services -A | grep ${port}`];
  if (code === "timeout")
    return {
      status: 504,
      title: `Port ${port} of ${node} does not answer`,
      words: [
        "The connection was not accepted in time. A network policy or a firewall rule may drop it, or the pods behind the Service may be gone.",
      ],
      commands: look,
    };
  if (/refused/i.test(message))
    return {
      status: 502,
      title: `Nothing answers on port ${port} of ${node}`,
      words: [
        "The node refused the connection: no process listens there, or the Service behind the port has no endpoints.",
        "A server that listens on 127.0.0.1 only, as kubectl port-forward does by itself, is reached from its own node alone: give it --address 0.0.0.0.",
      ],
      commands: look,
    };
  return {
    status: 502,
    title: `Port ${port} of ${node} cannot be reached`,
    words: [`The node says: ${message}.`],
    commands: look,
  };
}

function atRest(phase: string): Explanation {
  if (phase === "starting")
    return {
      status: 503,
      title: "The lab is on its way",
      words: ["It is being started or woken. Try again in a few seconds."],
    };
  return {
    status: 503,
    title: "The lab is at rest",
    words: [
      "Nobody has worked in it for a while, so it was put to rest. Everything in it is as it was left.",
      "Its student's practice test wakes it: open that, then try again.",
    ],
  };
}

/** Of an exchange that failed after the connection stood. */
export function exchangeProblem(failure: Error & { code?: string }, place: PreviewPlace): Explanation {
  const { node, port, scheme } = place;
  const where = `Port ${port} of ${node}`;
  if (failure.name === "TimeoutError")
    return {
      status: 504,
      title: `${where} says nothing`,
      words: ["The server took the connection and gave no answer in time."],
    };
  if (scheme === "https" && /^(EPROTO|ERR_SSL|ECONNRESET)/.test(failure.code ?? ""))
    return {
      status: 502,
      title: `${where} does not speak HTTPS`,
      words: ["The connection stands, but TLS could not be set up on it. Try http."],
    };
  return {
    status: 502,
    title: `${where} gave no page`,
    words: [
      failure.code?.startsWith("HPE_")
        ? "What came back is not HTTP."
        : "The server ended the connection without an answer. It may not speak HTTP, or expect https.",
    ],
  };
}
