export type Json = Record<string, unknown>;

const string = { type: "string", uniqueItems: true };
const boolean = { type: "boolean", uniqueItems: true };
const integer = { type: "integer", uniqueItems: true };

const query = (name: string, schema: object, description: string): Json => ({
  name,
  in: "query",
  description,
  schema,
});

export const inPath = (name: string, description: string): Json => ({
  name,
  in: "path",
  required: true,
  description,
  schema: string,
});

export const parameters = {
  allowWatchBookmarks: query("allowWatchBookmarks", boolean, "Ask for BOOKMARK events in a watch."),
  continue: query("continue", string, "The token of a former page of the list."),
  dryRun: query("dryRun", string, "When present, nothing is persisted. The only valid value is All."),
  fieldManager: query(
    "fieldManager",
    string,
    "The name of the actor that makes the change; at most 128 characters.",
  ),
  fieldSelector: query("fieldSelector", string, "Restrict the list by fields; everything by default."),
  fieldValidation: query(
    "fieldValidation",
    string,
    "What happens to unknown and duplicate fields: Ignore drops them, Warn (the default) also warns, Strict fails the request.",
  ),
  force: query("force", boolean, "Take over fields that other managers own; apply patches only."),
  gracePeriodSeconds: query(
    "gracePeriodSeconds",
    integer,
    "Seconds before the object is deleted; 0 means at once.",
  ),
  ignoreStoreReadError: query(
    "ignoreStoreReadErrorWithClusterBreakingPotential",
    boolean,
    "Delete an object that cannot be read from the store, whatever depends on it.",
  ),
  labelSelector: query("labelSelector", string, "Restrict the list by labels; everything by default."),
  limit: query("limit", integer, "How many items a page holds at most."),
  orphanDependents: query("orphanDependents", boolean, "Deprecated: use propagationPolicy."),
  pretty: query("pretty", string, "If 'true', then the output is pretty printed."),
  propagationPolicy: query("propagationPolicy", string, "Orphan, Background or Foreground."),
  resourceVersion: query("resourceVersion", string, "Which versions the answer may come from."),
  resourceVersionMatch: query("resourceVersionMatch", string, "How resourceVersion binds a list."),
  sendInitialEvents: query("sendInitialEvents", boolean, "Begin a watch with the present state."),
  timeoutSeconds: query("timeoutSeconds", integer, "How long a list or watch may take."),
  watch: query("watch", boolean, "Watch for changes instead of listing."),
};

export const selecting: Json[] = [
  parameters.continue,
  parameters.fieldSelector,
  parameters.labelSelector,
  parameters.limit,
  parameters.resourceVersion,
  parameters.resourceVersionMatch,
  parameters.sendInitialEvents,
  parameters.timeoutSeconds,
];
export const listing: Json[] = [parameters.allowWatchBookmarks, ...selecting, parameters.watch];
export const writing: Json[] = [parameters.dryRun, parameters.fieldManager, parameters.fieldValidation];
export const deleting: Json[] = [
  parameters.dryRun,
  parameters.gracePeriodSeconds,
  parameters.ignoreStoreReadError,
  parameters.orphanDependents,
  parameters.propagationPolicy,
];

const container = query("container", string, "The container; the only one by default.");
const streams = [
  container,
  query("stderr", boolean, "Send the standard error."),
  query("stdin", boolean, "Take a standard input."),
  query("stdout", boolean, "Send the standard output."),
  query("tty", boolean, "With a terminal."),
];
const path = [query("path", string, "The path of the URL that is asked for behind the proxy.")];

/** What the options of a connection and of a log are, by their kind or by the subresource's name. */
export const options: Record<string, Json[]> = {
  PodExecOptions: [query("command", string, "The program and its arguments, one a parameter."), ...streams],
  PodAttachOptions: streams,
  PodPortForwardOptions: [query("ports", integer, "Ports to forward, when it is asked for by WebSocket.")],
  PodProxyOptions: path,
  ServiceProxyOptions: path,
  NodeProxyOptions: path,
  log: [
    container,
    query("follow", boolean, "Go on with what is written later."),
    query("insecureSkipTLSVerifyBackend", boolean, "Do not check the kubelet's certificate."),
    query("limitBytes", integer, "End after so many bytes."),
    query("previous", boolean, "Of the container's run before this one."),
    query("sinceSeconds", integer, "Lines of the last so many seconds."),
    query("stream", string, "All, Stdout or Stderr."),
    query("tailLines", integer, "The last so many lines."),
    query("timestamps", boolean, "Each line begins with its time."),
  ],
};
