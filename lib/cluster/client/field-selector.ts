import type { Kind, KubeObject } from "@/lib/cluster/resources/kind";
import { badRequest } from "./status";

export type ObjectPredicate = (object: KubeObject) => boolean;

interface Term {
  field: string;
  equal: boolean;
  value: string;
}

/** `metadata.name=a,status.phase!=Running` with `\,`, `\=` and `\\` escaped as in apimachinery's fields package. */
export function parseFieldTerms(text: string): Term[] {
  if (text.trim() === "") return [];
  return splitTerms(text).map((term) => {
    const match = /^((?:[^=!\\]|\\.)*?)(!=|==|=)(.*)$/s.exec(term);
    if (!match) throw badRequest(`invalid selector: '${text}'; can't understand '${term}'`);
    return { field: match[1]!, equal: match[2] !== "!=", value: unescape(match[3]!) };
  });
}

/** Throws 400 BadRequest for a field that the kind does not offer. */
export function parseFieldSelector(text: string, kind: Kind): ObjectPredicate {
  const terms = parseFieldTerms(text).map(({ field, equal, value }) => {
    const read = reader(field, kind);
    if (!read) throw badRequest(`field label not supported: ${field}`);
    return (object: KubeObject) => (read(object) === value) === equal;
  });
  return (object) => terms.every((term) => term(object));
}

function reader(field: string, kind: Kind): ((object: KubeObject) => string) | undefined {
  if (field === "metadata.name") return (object) => object.metadata.name;
  if (field === "metadata.namespace" && kind.namespaced) return (object) => object.metadata.namespace ?? "";
  return kind.selectableFields?.[field];
}

function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === ",") {
      terms.push(text.slice(start, at));
      start = at + 1;
    }
  }
  terms.push(text.slice(start));
  return terms.filter((term) => term !== "");
}

const unescape = (text: string) => text.replace(/\\([\\,=])/g, "$1");
