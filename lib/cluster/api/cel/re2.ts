import { RE2JS } from "re2js";

const patterns = new Map<string, RE2JS>();

/** Compiled with RE2's meaning and its linear time; kept for the next use. Throws for a pattern that is none. */
export function re2(pattern: string): RE2JS {
  let compiled = patterns.get(pattern);
  if (!compiled) {
    if (patterns.size > 1000) patterns.clear();
    compiled = RE2JS.compile(pattern);
    patterns.set(pattern, compiled);
  }
  return compiled;
}
