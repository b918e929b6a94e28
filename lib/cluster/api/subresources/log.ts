import { badRequest, fieldInvalid, invalid } from "@/lib/cluster/client/status";
import { timeRefusal } from "../http/go-values";
import { sendText } from "../http/respond";
import type { LogRequest } from "../node-proxy";
import { containerOf, podOf, requireNodeProxy, stateOf, type PodLike } from "./pod-target";
import type { ServeCall } from "./subresource";

/** pods/log: plain text, streamed as it comes. */
export async function serveLog({ api, request, response, target, info }: ServeCall): Promise<void> {
  const pod = podOf(target);
  const { query } = info;
  const container = containerOf(pod, query.get("container"));
  const options = { pod, container, ...parse(query, api.registry.clock.now()) };
  if (!pod.spec.nodeName) return sendText(response, 200, "");
  checkStarted(pod, container, options.previous);
  const proxy = requireNodeProxy(api);
  const stop = new AbortController();
  request.once("close", () => stop.abort());
  response.once("close", () => stop.abort());
  const chunks = proxy.logs(options, stop.signal)[Symbol.asyncIterator]();
  try {
    // The first piece decides whether this is an answer or an error.
    let next = await chunks.next();
    response.writeHead(200, { "Content-Type": "text/plain", "Cache-Control": "no-cache, private" });
    response.flushHeaders();
    for (; !next.done; next = await chunks.next()) {
      if (response.destroyed) break;
      if (!response.write(next.value))
        await new Promise<void>((resolve) => {
          response.once("drain", resolve);
          response.once("close", resolve);
        });
    }
    response.end();
  } catch (failure) {
    if (stop.signal.aborted) return;
    throw failure;
  } finally {
    stop.abort();
    await chunks.return?.();
  }
}

function parse(query: URLSearchParams, nowMs: number): Omit<LogRequest, "pod" | "container"> {
  const flag = (name: string) => /^(true|1)$/i.test(query.get(name) ?? "");
  const count = (name: string, least: number): number | undefined => {
    const text = query.get(name);
    if (text === null || text === "") return undefined;
    const value = Number(text);
    if (!Number.isInteger(value))
      throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
    if (value < least)
      throw invalid({ group: "", kind: "PodLogOptions" }, "", [
        fieldInvalid(name, value, `must be greater than or equal to ${least}`),
      ]);
    return value;
  };
  const sinceSeconds = count("sinceSeconds", 1);
  const sinceTime = query.get("sinceTime");
  if (sinceSeconds !== undefined && sinceTime)
    throw invalid({ group: "", kind: "PodLogOptions" }, "", [
      {
        type: "FieldValueForbidden",
        field: "",
        message: "Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified",
      },
    ]);
  const refusal = sinceTime ? timeRefusal(sinceTime) : undefined;
  if (refusal) throw badRequest(refusal);
  return {
    follow: flag("follow"),
    previous: flag("previous"),
    timestamps: flag("timestamps"),
    tailLines: count("tailLines", 0),
    limitBytes: count("limitBytes", 1),
    sinceMs:
      sinceSeconds !== undefined
        ? nowMs - sinceSeconds * 1000
        : sinceTime
          ? Date.parse(sinceTime)
          : undefined,
  };
}

const pullFailures = new Set(["ImagePullBackOff", "ErrImagePull", "ErrImageNeverPull", "InvalidImageName"]);

/** What a kubelet answers for a container without output yet (kubernetes pkg/kubelet/kubelet_pods.go). */
function checkStarted(pod: PodLike, container: string, previous: boolean): void {
  const found = stateOf(pod, container);
  const { name } = pod.metadata;
  if (previous) {
    if (!found?.lastState?.terminated)
      throw badRequest(`previous terminated container "${container}" in pod "${name}" not found`);
    return;
  }
  const waiting = found ? found.state?.waiting : { reason: "ContainerCreating" };
  if (!waiting || found?.lastState?.terminated) return;
  const reason = waiting.reason ?? "ContainerCreating";
  const why =
    pullFailures.has(reason) && reason !== "InvalidImageName" ? "trying and failing to pull image" : reason;
  throw badRequest(`container "${container}" in pod "${name}" is waiting to start: ${why}`);
}
