import type { IncomingMessage, ServerResponse } from "node:http";
import { ApiStatusError, badRequest, expired, tooManyRequests } from "@/lib/cluster/client/status";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import { encodeWatchFrame } from "@/lib/cluster/resources/protobuf";
import type { Api, Target } from "../api";
import type { ListRequest } from "../registry/list";
import { apiVersionOf, prepareServed, served } from "../registry/registry";
import { watchObjects, type WatchedEvent } from "../registry/watch";
import { wholeText } from "./json-text";
import { negotiate } from "./negotiate";
import { tableOptions } from "./send-entry";
import { columnsJson, partialJson, rowJson, tableJson } from "./table";

/** As cacher.go's cacheWatcher, which sends the last one shortly before a watch's time is up. */
const bookmarkBeforeEndMs = 2000;
const timeoutDefaultMs = 45 * 60_000;
/** The longest that a timer can wait. */
const timeoutMaxMs = 2 ** 31 - 1;
/** A reader that is so far behind is cut off and lists again: it would only cost memory. */
const backlogBytesMax = 8 << 20;
const watches = new WeakMap<Api, { open: number }>();

/**
 * Events as JSON lines or protobuf frames until the client goes, the time is up, or the version asked for is too old. Throws 429 when as many
 * are open as may be; those that still wait for their beginning count.
 */
export async function streamWatch(
  api: Api,
  request: IncomingMessage,
  response: ServerResponse,
  target: Target,
  list: ListRequest,
  query: URLSearchParams,
): Promise<void> {
  const count = watches.get(api) ?? { open: 0 };
  watches.set(api, count);
  if (count.open >= api.limits.watchesMax)
    throw tooManyRequests("Too many watches, please try again later.", 5);
  count.open++;
  try {
    await follow(api, request, response, target, list, query);
  } finally {
    count.open--;
  }
}

async function follow(
  api: Api,
  request: IncomingMessage,
  response: ServerResponse,
  target: Target,
  list: ListRequest,
  query: URLSearchParams,
): Promise<void> {
  const { resource } = target;
  const { kind } = resource;
  const shape = negotiate(request.headers.accept, kind, true);
  const isProtobuf = shape.encoding === "protobuf";
  const bookmarks = /^(true|1)$/i.test(query.get("allowWatchBookmarks") ?? "");
  const sendInitialEvents = query.has("sendInitialEvents")
    ? /^(true|1)$/i.test(query.get("sendInitialEvents")!)
    : undefined;
  if (sendInitialEvents !== undefined && list.resourceVersionMatch !== "NotOlderThan")
    throw badRequest(
      'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is required when sendInitialEvents is set',
    );
  const seconds = Number(query.get("timeoutSeconds") ?? 0);
  const timeoutMs = seconds > 0 ? Math.min(seconds * 1000, timeoutMaxMs) : timeoutDefaultMs;
  const table = shape.as === "Table" ? tableOptions(api, query) : undefined;

  await api.registry.store.settled();
  let columnsSent = false;
  let lastRv = 0;
  const render = (event: WatchedEvent): string => {
    const object = served(resource, event.entry);
    if (!table)
      return shape.as === "object"
        ? kind.storage || kind.conversion
          ? JSON.stringify(object)
          : event.entry.json
        : partialJson(event.entry.metadataJson);
    const columns = columnsSent ? "null" : columnsJson(kind);
    columnsSent = true;
    const row = rowJson(kind, object, table, event.entry.metadataJson);
    return wholeText(tableJson({ resourceVersion: object.metadata.resourceVersion }, columns, [row]));
  };
  const send = (type: string, object: string) => {
    if (response.destroyed || response.writableEnded) return;
    response.write(
      (isProtobuf && encodeWatchFrame(type, JSON.parse(object) as KubeObject)) ||
        `{"type":"${type}","object":${object}}\n`,
    );
    if (response.writableLength > backlogBytesMax) response.destroy();
  };
  const early: WatchedEvent[] = [];
  let begun = false;
  // Events of kinds that a webhook converts wait for it, in their order.
  let turn: Promise<void> = Promise.resolve();
  const emit = (event: WatchedEvent) => {
    if (!kind.conversion) return send(event.type, render(event));
    turn = turn
      .then(() => prepareServed(resource, [event.entry]))
      .then(() => send(event.type, render(event)))
      .catch(() => void response.end());
  };
  const deliver = (event: WatchedEvent) => {
    lastRv = Math.max(lastRv, event.entry.rv);
    if (begun) emit(event);
    else early.push(event);
  };

  let watch: ReturnType<typeof watchObjects>;
  try {
    watch = watchObjects(api.registry, resource, { ...list, sendInitialEvents }, deliver);
  } catch (failure) {
    const error = ApiStatusError.from(failure);
    if (error.code !== 410) throw failure;
    // Once the stream is promised, an old version is an event of it.
    begin(response, isProtobuf);
    send("ERROR", JSON.stringify(expired(error.message).status));
    response.end();
    return;
  }
  begin(response, isProtobuf);
  lastRv = watch.rv;
  for (const event of watch.initial) emit(event);
  if (kind.conversion) await turn;
  if (sendInitialEvents) send("BOOKMARK", bookmark(watch.rv, true));
  begun = true;
  for (const event of early) deliver(event);

  // Nothing that the selectors let through happened up to the version published: the watch may come back from there.
  const sendBookmark = () => {
    lastRv = Math.max(lastRv, api.registry.store.publishedRv);
    const rv = lastRv;
    void turn.then(() => send("BOOKMARK", bookmark(rv)));
  };
  const ticker = bookmarks ? setInterval(sendBookmark, api.limits.bookmarkEveryMs) : undefined;
  const last =
    bookmarks && timeoutMs > bookmarkBeforeEndMs
      ? setTimeout(sendBookmark, timeoutMs - bookmarkBeforeEndMs)
      : undefined;
  last?.unref();
  const timer = setTimeout(() => response.end(), timeoutMs);
  ticker?.unref();
  timer.unref();
  // What is no longer served ends its watches: clients ask again and learn what is there now.
  const release = api.registry.whenRemoved(kind, () => void turn.then(() => response.end()));
  // The client may have gone while the watch was made.
  if (!response.destroyed) await new Promise<void>((resolve) => response.once("close", resolve));
  clearInterval(ticker);
  clearTimeout(last);
  clearTimeout(timer);
  release();
  watch.stop();

  function bookmark(rv: number, initialEnd = false): string {
    const metadata = {
      resourceVersion: String(rv),
      creationTimestamp: null,
      ...(initialEnd ? { annotations: { "k8s.io/initial-events-end": "true" } } : {}),
    };
    const partial = { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata };
    const whole = { kind: kind.kind, apiVersion: apiVersionOf(kind), metadata };
    if (!table) return JSON.stringify(shape.as === "object" ? whole : partial);
    const columns = columnsSent ? "null" : columnsJson(kind);
    columnsSent = true;
    const row = `{"cells":${JSON.stringify((kind.columns ?? []).map(() => ""))},"object":${JSON.stringify(partial)}}`;
    return wholeText(tableJson({ resourceVersion: String(rv) }, columns, [row]));
  }
}

function begin(response: ServerResponse, isProtobuf: boolean): void {
  response.writeHead(200, {
    "Content-Type": isProtobuf ? "application/vnd.kubernetes.protobuf;stream=watch" : "application/json",
    "Cache-Control": "no-cache, private",
    "Transfer-Encoding": "chunked",
  });
  response.flushHeaders();
}
