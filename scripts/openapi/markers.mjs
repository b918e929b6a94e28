// Reads markers/*.txt: what the packages do not carry of the API types. The notation:
//
//   @ io.k8s.api.apps.v1 apps/v1           types of this package follow; group and version where they are API kinds
//   DeploymentSpec replicas:... template:{}  a type, then its marked fields; a type without marks stands alone
//   Time !{"type":"string"}                 a type whose JSON form is not that of its fields
//
// Marks of a field, separated by ";":
//   {}            default of a struct that is no pointer     d=JSON     any other default      -     no default
//   =Name         its type (Quantity, RawExtension, JSON, Time, object, a full name)
//   *             elements are pointers: no default          int64      the format of a number
//   atomic set map(key,key)                                  the list's type for server-side apply
//   whole granular                                           a map or struct applied as a whole, or field by field
//   merge merge(key) retain replace                          strategic merge patch
// Marks of a type: "kind" (it has a group, version and kind), "whole", x=JSON (further extensions).
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export function readMarkers(folder) {
  const types = [];
  for (const file of readdirSync(folder).sort()) {
    let scope;
    for (const line of readFileSync(join(folder, file), "utf8").split("\n")) {
      if (!line || line.startsWith("#")) continue;
      if (line.startsWith("@ ")) scope = readScope(line.slice(2));
      else types.push(readType(line, scope));
    }
  }
  return types;
}

function readScope(text) {
  const [prefix, groupVersion = ""] = text.split(" ");
  const parts = prefix.split(".");
  const [group, version] = groupVersion.includes("/") ? groupVersion.split("/") : ["", groupVersion];
  return { prefix, version: parts.at(-1), folder: parts.at(-2), group, apiVersion: version };
}

function readType(line, scope) {
  const { prefix, folder, version } = scope;
  const literal = line.indexOf(" !");
  const [kind, ...words] = (literal < 0 ? line : line.slice(0, literal)).split(" ");
  const type = {
    name: `${prefix}.${kind}`,
    kind,
    version,
    group: folder,
    gvk: [],
    extensions: {},
    fields: new Map(),
    literal: literal < 0 ? undefined : JSON.parse(line.slice(literal + 2)),
  };
  for (const word of words) {
    const colon = word.indexOf(":");
    if (word === "kind") type.gvk = [{ group: scope.group, kind, version: scope.apiVersion }];
    else if (word === "whole") type.extensions["x-kubernetes-map-type"] = "atomic";
    else if (word.startsWith("x=")) Object.assign(type.extensions, JSON.parse(word.slice(2)));
    else type.fields.set(word.slice(0, colon), readMarks(word.slice(colon + 1)));
  }
  return type;
}

function readMarks(text) {
  const marks = { extensions: {} };
  const extend = (name, value) => (marks.extensions[`x-kubernetes-${name}`] = value);
  for (const mark of text.split(";")) {
    const [, word, argument] = /^(\w+)\((.*)\)$/.exec(mark) ?? [];
    if (mark === "{}") marks.default = {};
    else if (mark.startsWith("d=")) marks.default = JSON.parse(mark.slice(2));
    else if (mark === "-") marks.noDefault = true;
    else if (mark.startsWith("=")) marks.type = mark.slice(1);
    else if (mark === "*") marks.pointerItems = true;
    else if (/^(int|float|double)/.test(mark)) marks.format = mark;
    else if (mark === "atomic" || mark === "set") extend("list-type", mark);
    else if (mark === "whole") extend("map-type", "atomic");
    else if (mark === "granular") extend("map-type", "granular");
    else if (mark === "retain") extend("patch-strategy", strategy(marks, "retainKeys"));
    else if (mark === "replace") extend("patch-strategy", strategy(marks, "replace"));
    else if (mark === "merge" || word === "merge") {
      extend("patch-strategy", strategy(marks, "merge"));
      if (argument) extend("patch-merge-key", argument);
    } else if (word === "map") {
      extend("list-type", "map");
      extend("list-map-keys", argument.split(","));
    } else
      throw new Error(
        `generate-openapi: unknown mark "${mark}"; scripts/openapi/markers.mjs tells the notation`,
      );
  }
  return marks;
}

function strategy(marks, added) {
  const now = marks.extensions["x-kubernetes-patch-strategy"];
  return now ? `${now},${added}` : added;
}
