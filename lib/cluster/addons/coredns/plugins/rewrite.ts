import { RE2JS } from "re2js";
import { isDomainName, normalName } from "../dns/names";
import { rcodes, recordTypes, type Question, type ResourceRecord } from "../dns/types";
import type { Controller, Outcome } from "../plugin";

/** Changes a record of the reply. */
type ReplyRule = (record: ResourceRecord) => ResourceRecord;

interface Rule {
  goesOn: boolean;
  /** Undefined when it does not match; else what is asked instead, and how the reply is turned back. */
  apply(
    question: Question,
    originalName: string,
  ): { question: Question; replyRules: ReplyRule[] } | undefined;
}

/** Changes questions before the other plugins see them, and replies on their way back (coredns plugin/rewrite). */
export function rewrite(controller: Controller): void {
  const rules: Rule[] = [];
  while (controller.next()) {
    const args = controller.remainingArgs();
    // A block's words belong to one rule.
    if (args.length < 2) while (controller.nextBlock()) args.push(controller.word());
    rules.push(readRule(args));
  }
  controller.add({
    name: "rewrite",
    wrap: (next) => async (query) => {
      const original = query.question;
      const replyRules: ReplyRule[] = [];
      let question = original;
      for (const rule of rules) {
        const changed = rule.apply(question, original.name.toLowerCase());
        if (!changed) continue;
        question = changed.question;
        if (!isDomainName(question.name))
          return { rcode: rcodes.SERVFAIL, error: `invalid name after rewrite: ${question.name}` };
        replyRules.push(...changed.replyRules);
        if (!rule.goesOn) break;
      }
      if (question === original) return next(query);
      return turnedBack(await next({ ...query, question }), original, replyRules);
    },
  });
}

function turnedBack(outcome: Outcome, original: Question, rules: ReplyRule[]): Outcome {
  const { reply } = outcome;
  if (!reply || rules.length === 0) return outcome;
  const change = (records: ResourceRecord[]) =>
    records.map((record) => rules.reduce((changed, rule) => rule(changed), record));
  // Names that only the question's own rewrite made are turned back in its own spelling.
  const spelled = (records: ResourceRecord[]) =>
    records.map((record) =>
      record.name.toLowerCase() === original.name.toLowerCase() ? { ...record, name: original.name } : record,
    );
  return {
    ...outcome,
    reply: {
      ...reply,
      answers: spelled(change(reply.answers)),
      authority: change(reply.authority),
      additional: change(reply.additional),
    },
  };
}

function readRule(args: string[]): Rule {
  if (args.length === 0) throw new Error("no rule type specified for rewrite");
  const first = args[0]!.toLowerCase();
  const hasMode = first === "continue" || first === "stop";
  if (hasMode && args.length < 2) throw new Error(`${first} rule must begin with a rule type`);
  const type = hasMode ? args[1]!.toLowerCase() : first;
  const rest = args.slice(hasMode ? 2 : 1);
  const goesOn = first === "continue";
  switch (type) {
    case "answer":
      throw new Error("response rewrites must begin with a name rule");
    case "name":
      return nameRule(goesOn, rest);
    case "type":
    case "class":
      if (rest.length !== 2) throw new Error(`${type} rules must have exactly two arguments`);
      return type === "type" ? typeRule(goesOn, rest[0]!, rest[1]!) : { goesOn, apply: () => undefined };
    case "ttl":
      return ttlRule(goesOn, rest);
    default:
      throw new Error(`invalid rule type ${JSON.stringify(args[0])}`);
  }
}

function typeRule(goesOn: boolean, from: string, to: string): Rule {
  const code = (name: string) => {
    if (!Object.hasOwn(recordTypes, name.toUpperCase()))
      throw new Error(`invalid type ${JSON.stringify(name)}`);
    return recordTypes[name.toUpperCase() as keyof typeof recordTypes];
  };
  const [wanted, instead] = [code(from), code(to)];
  return {
    goesOn,
    apply: (question) =>
      question.type === wanted ? { question: { ...question, type: instead }, replyRules: [] } : undefined,
  };
}

const matchKinds = ["exact", "prefix", "suffix", "substring", "regex"];

function nameRule(goesOn: boolean, args: string[]): Rule {
  if (args.length < 2) throw new Error("too few arguments for a name rule");
  const kind = args.length === 2 ? "exact" : args[0]!.toLowerCase();
  const [from = "", to = "", ...answer] = args.length === 2 ? args : args.slice(1);
  if (!matchKinds.includes(kind))
    throw new Error(
      `name rule supports only exact, prefix, suffix, substring, and regex name matching, received: ${kind}`,
    );
  const { isAuto, rules } = answerRules(kind, answer);
  const rename = renamer(kind, from, to);
  return {
    goesOn,
    apply(question, originalName) {
      const name = rename(question.name.toLowerCase());
      if (name === undefined) return undefined;
      const back =
        kind === "suffix"
          ? (text: string) => replaceSuffix(text, normalName(to), normalName(from))
          : (text: string) => replaceSelfOrParent(text, name, originalName);
      const auto = isAuto || kind === "exact" ? [onName(back), onValue(back)] : [];
      return { question: { ...question, name }, replyRules: [...auto, ...rules] };
    },
  };
}

/** What a name becomes; undefined when the rule does not match. Names are in lower case with a final dot. */
function renamer(kind: string, from: string, to: string): (name: string) => string | undefined {
  const target = normalName(to);
  // Also a prefix and a part get a final dot: they match whole labels.
  const part = normalName(from);
  switch (kind) {
    case "exact":
      return (name) => (name === part ? target : undefined);
    case "suffix":
      return (name) => (name.endsWith(part) ? replaceSuffix(name, part, target) : undefined);
    case "prefix":
      return (name) => (name.startsWith(part) ? target + name.slice(part.length) : undefined);
    case "substring":
      return (name) => (name.includes(part) ? name.replaceAll(part, target) : undefined);
    default: {
      const pattern = compile(from, to);
      return (name) => replaceGroups(pattern, name, target);
    }
  }
}

function answerRules(kind: string, args: string[]): { isAuto: boolean; rules: ReplyRule[] } {
  const rules: ReplyRule[] = [];
  let isAuto = false;
  let hasName = false;
  if (args.length === 0) return { isAuto, rules };
  if (args.length < 2) throw new Error(`invalid arguments for ${kind} rule`);
  let at = 0;
  let last = "";
  while (at < args.length) {
    if (last === "" && args[at] !== "answer")
      throw new Error(`exceeded the number of arguments for a non-answer rule argument for ${kind} rule`);
    if (args[at] === "answer") at++;
    if (at >= args.length) throw new Error(`type missing for answer rule for ${kind} rule`);
    last = args[at++]!;
    if (last === "auto") {
      isAuto = true;
      continue;
    }
    if (last !== "name" && last !== "value")
      throw new Error(`invalid type ${JSON.stringify(last)} for answer rule for ${kind} rule`);
    const [from, to] = args.slice(at, at + 2);
    if (from === undefined || to === undefined)
      throw new Error(`${last} answer rule for ${kind} rule: 2 arguments required`);
    at += 2;
    const pattern = compile(from, to);
    const change = (text: string) => replaceGroups(pattern, text, normalName(to)) ?? text;
    rules.push(last === "name" ? onName(change) : onValue(change));
    hasName ||= last === "name";
  }
  if (isAuto && hasName)
    throw new Error("auto name answer rule cannot be combined with explicit name anwer rules");
  return { isAuto, rules };
}

function ttlRule(goesOn: boolean, args: string[]): Rule {
  const kind = args.length === 2 ? "exact" : (args[0] ?? "").toLowerCase();
  const [from = "", range = ""] = args.length === 2 ? args : args.slice(1);
  if (args.length < 2) throw new Error("too few (1) arguments for a ttl rule");
  if (!matchKinds.includes(kind))
    throw new Error("ttl rule supports only exact, prefix, suffix, substring, and regex name matching");
  const match = /^(\d*)(-?)(\d*)$/.exec(range);
  if (!match || range === "" || range === "-") throw new Error(`invalid TTL '${range}' for ttl rule`);
  const least = match[1] === "" ? 0 : Number(match[1]);
  const most = match[2] === "" ? least : match[3] === "" ? 0x7fffffff : Number(match[3]);
  const matches = renamer(kind, from, kind === "regex" ? "x" : from);
  return {
    goesOn,
    apply: (question) =>
      matches(question.name.toLowerCase()) === undefined
        ? undefined
        : {
            question: { ...question },
            replyRules: [(record) => ({ ...record, ttl: Math.min(most, Math.max(least, record.ttl)) })],
          },
  };
}

const patternBytesMax = 10_000;

function compile(from: string, to: string): RE2JS {
  if (from.length > patternBytesMax)
    throw new Error(`regex pattern too long: ${from.length} > ${patternBytesMax}`);
  let pattern: RE2JS;
  try {
    pattern = RE2JS.compile(from);
  } catch {
    throw new Error(`invalid regex matching pattern: ${from}`);
  }
  const used = new Set([...to.matchAll(/\{(\d{1,3})\}/g)].map(([, number]) => Number(number))).size;
  if (used > pattern.groupCount())
    throw new Error(
      `the rewrite regex pattern (${to}) uses more subexpressions than its corresponding matching regex pattern (${from})`,
    );
  return pattern;
}

function replaceGroups(pattern: RE2JS, text: string, replacement: string): string | undefined {
  const matcher = pattern.matcher(text);
  if (!matcher.find()) return undefined;
  return replacement.replaceAll(/\{(\d{1,3})\}/g, (whole, number: string) =>
    Number(number) <= pattern.groupCount() ? (matcher.group(Number(number)) ?? "") : whole,
  );
}

function replaceSuffix(text: string, suffix: string, replacement: string): string {
  return text.endsWith(suffix) ? text.slice(0, text.length - suffix.length) + replacement : text;
}

/** `from` itself, or a name below it. */
function replaceSelfOrParent(text: string, from: string, to: string): string {
  if (text === from) return to;
  return text.endsWith(`.${from}`) ? text.slice(0, text.length - from.length) + to : text;
}

function onName(change: (name: string) => string): ReplyRule {
  return (record) => ({ ...record, name: change(record.name) });
}

function onValue(change: (name: string) => string): ReplyRule {
  return (record) => {
    const { data } = record;
    switch (data.type) {
      case "CNAME":
      case "PTR":
      case "NS":
      case "DNAME":
      case "MX":
      case "SRV":
        return { ...record, data: { ...data, target: change(data.target) } };
      case "SOA":
        return { ...record, data: { ...data, mname: change(data.mname) } };
      default:
        return record;
    }
  };
}
