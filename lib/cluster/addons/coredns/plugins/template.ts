import { RE2JS } from "re2js";
import { isWithin } from "../dns/names";
import { parseRecord, recordFields } from "../dns/record-text";
import { className, classes, rcodes, recordTypes, typeName, type ResourceRecord } from "../dns/types";
import { Fallthrough, replied, type Controller, type Query } from "../plugin";
import { compileTemplate, type TemplateData, type TextTemplate } from "./go-template";

interface Template {
  zones: string[];
  class: number;
  type: number;
  patterns: RE2JS[];
  answers: TextTemplate[];
  additional: TextTemplate[];
  authority: TextTemplate[];
  rcode: number;
  through: Fallthrough;
}

const patternBytesMax = 10_000;

/** Replies made from the question by Go templates (coredns plugin/template). */
export function template(controller: Controller): void {
  const templates: Template[] = [];
  while (controller.next()) templates.push(readTemplate(controller));
  controller.add({
    name: "template",
    wrap: (next) => async (query) => {
      const { name } = query.question;
      if (!templates.some(({ zones }) => zones.some((zone) => isWithin(name, zone)))) return next(query);
      for (const one of templates) {
        const match = matchOf(one, query);
        if (match === "next-template") continue;
        if (match === "refused") return { rcode: rcodes.SERVFAIL };
        if (one.rcode === rcodes.SERVFAIL) return { rcode: rcodes.SERVFAIL };
        try {
          const records = (templates: TextTemplate[]) => templates.map((text) => recordOf(text, match));
          const answers = records(one.answers);
          return replied({
            rcode: one.rcode,
            answers: [...answers, ...(await targetsOf(answers, query, controller))],
            additional: records(one.additional),
            authority: records(one.authority),
          });
        } catch (failure) {
          return { rcode: rcodes.SERVFAIL, error: (failure as Error).message };
        }
      }
      return next(query);
    },
  });
}

async function targetsOf(answers: ResourceRecord[], query: Query, controller: Controller) {
  const { type } = query.question;
  if (type !== recordTypes.A && type !== recordTypes.AAAA) return [];
  const found: ResourceRecord[] = [];
  for (const { data } of answers)
    if (data.type === "CNAME") {
      const reply = await controller.instance.lookup({ name: data.target, type, class: 1 }, query);
      found.push(...(reply?.answers ?? []));
    }
  return found;
}

function recordOf(text: TextTemplate, data: TemplateData): ResourceRecord {
  return parseRecord(recordFields(text(data)), { origin: ".", ttl: 3600 });
}

/** What the template's texts may use; or how the query goes on when it is not for this one. */
function matchOf(one: Template, query: Query): TemplateData | "next-template" | "refused" {
  const { question, client } = query;
  const zone = one.zones.find((candidate) => isWithin(question.name, candidate));
  if (zone === undefined) return "next-template";
  if (one.type !== recordTypes.ANY && question.type !== one.type) return "next-template";
  if (one.class !== classes.ANY && question.class !== one.class) return "next-template";
  const name = question.name.toLowerCase();
  for (const pattern of one.patterns) {
    const matcher = pattern.matcher(name);
    if (!matcher.find()) continue;
    const match = Array.from({ length: pattern.groupCount() + 1 }, (_, index) => matcher.group(index) ?? "");
    const group: Record<string, string> = {};
    match.forEach((text, index) => (group[String(index)] = text));
    for (const [key, index] of Object.entries(pattern.namedGroups()))
      group[key] = match[index as number] ?? "";
    return {
      Name: name,
      Zone: zone,
      Regex: pattern.pattern(),
      Match: match,
      Group: group,
      Class: className(question.class),
      Type: typeName(question.type),
      Remote: client.ip,
    };
  }
  return one.through.allows(question.name) ? "next-template" : "refused";
}

function readTemplate(controller: Controller): Template {
  const argument = () => {
    if (!controller.nextArg()) throw controller.argError();
    return controller.word();
  };
  const classText = argument();
  if (!Object.hasOwn(classes, classText)) throw controller.error(`invalid query class ${classText}`);
  const typeText = argument();
  if (!Object.hasOwn(recordTypes, typeText)) throw controller.error(`invalid RR class ${typeText}`);
  const one: Template = {
    zones: controller.origins(controller.remainingArgs()),
    class: classes[classText as keyof typeof classes],
    type: recordTypes[typeText as keyof typeof recordTypes],
    ...{ patterns: [], answers: [], additional: [], authority: [] },
    ...{ rcode: rcodes.NOERROR, through: new Fallthrough() },
  };
  while (controller.nextBlock()) {
    const property = controller.word();
    const args = controller.remainingArgs();
    switch (property) {
      case "match":
        if (args.length === 0) throw controller.argError();
        one.patterns.push(...args.map((text) => compilePattern(controller, text)));
        break;
      case "answer":
      case "additional":
      case "authority": {
        if (args.length === 0) throw controller.argError();
        const into = property === "answer" ? one.answers : one[property];
        for (const text of args)
          try {
            into.push(compileTemplate(text));
          } catch (failure) {
            throw controller.error(`could not compile template: ${text}, ${(failure as Error).message}`);
          }
        break;
      }
      case "rcode": {
        const [text = ""] = args;
        if (args.length === 0) throw controller.argError();
        const rcode = (rcodes as Record<string, number>)[text];
        if (rcode === undefined) throw controller.error(`unknown rcode ${text}`);
        one.rcode = rcode;
        break;
      }
      case "fallthrough":
        one.through.set(args);
        break;
      case "ederror":
        if (args.length !== 1 && args.length !== 2) throw controller.argError();
        break;
      case "upstream":
        break;
      default:
        throw controller.argError();
    }
  }
  if (one.patterns.length === 0) one.patterns.push(RE2JS.compile(".*"));
  return one;
}

function compilePattern(controller: Controller, text: string): RE2JS {
  if (text.length > patternBytesMax)
    throw controller.error(`regex pattern too long: ${text.length} > ${patternBytesMax}`);
  try {
    return RE2JS.compile(text);
  } catch (failure) {
    throw controller.error(`could not parse regex: ${text}, ${(failure as Error).message}`);
  }
}
