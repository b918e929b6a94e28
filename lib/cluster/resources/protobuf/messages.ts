import { control } from "./messages/control";
import { core } from "./messages/core";
import { extensions } from "./messages/extensions";
import { meta } from "./messages/meta";
import { others } from "./messages/others";
import { workloads } from "./messages/workloads";

/**
 * The messages of Kubernetes' protobuf encoding, as text that costs little until it is used:
 *
 *   @ apps apps/v1                     messages of this package follow; "apps.X" names them from elsewhere
 *   Deployment metadata=1:meta.ObjectMeta spec=2:DeploymentSpec
 *
 * A field is its JSON name, its number and its type: string when none is given; int, bool, bytes, double; a message;
 * `*T` repeated, `{T}` a map from strings; Quantity, IntOrString, Time, Duration, Raw (JSON bytes), Strings (a list in
 * a message). `~` is a message whose fields stand in its parent in JSON.
 */
export interface Field {
  name: string;
  repeated: boolean;
  map: boolean;
  /** "string", "int" ... or the full name of a message: "core.PodSpec". */
  type: string;
}

export type Message = Map<number, Field>;

const builtin = new Set([
  "string",
  "int",
  "bool",
  "bytes",
  "double",
  "Quantity",
  "IntOrString",
  "Time",
  "Duration",
  "Raw",
  "Strings",
]);

let lines: Map<string, string> | undefined;
let packages: Map<string, string> | undefined;
const parsed = new Map<string, Message>();

function load(): { lines: Map<string, string>; packages: Map<string, string> } {
  if (lines && packages) return { lines, packages };
  lines = new Map();
  packages = new Map();
  let scope = "";
  for (const line of [core, meta, workloads, others, extensions, control].join("").split("\n")) {
    if (line.startsWith("@ ")) {
      const [, name = "", groupVersion = ""] = line.split(" ");
      scope = name;
      // meta's kinds (DeleteOptions ...) belong to every group version; core has "v1".
      if (name !== "meta") packages.set(groupVersion, name);
    } else if (line) lines.set(`${scope}.${line.slice(0, line.indexOf(" "))}`, line);
  }
  return { lines, packages };
}

/** The message of a kind; meta kinds are found under any group version. */
export function messageOf(apiVersion: string, kind: string): string | undefined {
  const { lines, packages } = load();
  const own = `${packages.get(apiVersion) ?? "core"}.${kind}`;
  if (packages.has(apiVersion) && lines.has(own)) return own;
  return lines.has(`meta.${kind}`) ? `meta.${kind}` : undefined;
}

export function fieldsOf(message: string): Message {
  let fields = parsed.get(message);
  if (!fields) {
    const line = load().lines.get(message) ?? "";
    const home = message.slice(0, message.indexOf("."));
    fields = new Map(
      line
        .split(" ")
        .slice(1)
        .filter(Boolean)
        .map((word) => parseField(word, home)),
    );
    parsed.set(message, fields);
  }
  return fields;
}

function parseField(word: string, home: string): [number, Field] {
  const equals = word.lastIndexOf("=");
  const [number = "0", written = "string"] = word.slice(equals + 1).split(":");
  const map = written.startsWith("{");
  const repeated = written.startsWith("*");
  const bare = map ? written.slice(1, -1) : repeated ? written.slice(1) : written;
  const type = builtin.has(bare) || bare.includes(".") ? bare : `${home}.${bare}`;
  return [Number(number), { name: word.slice(0, equals), repeated, map, type }];
}
