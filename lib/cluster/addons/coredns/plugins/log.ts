import { encodeMessage } from "../dns/encode";
import { fullName, isWithin } from "../dns/names";
import { className, rcodeName, rcodes, typeName } from "../dns/types";
import { replyMessage } from "../reply-message";
import type { Controller, Outcome, Query } from "../plugin";

const common =
  '{remote}:{port} - {>id} "{type} {class} {name} {proto} {size} {>do} {>bufsize}" {rcode} {>rflags} {rsize} {duration}';
const combined = `${common} "{>opcode}"`;
const classNames = ["all", "denial", "error", "success"];

interface Rule {
  scope: string;
  format: string;
  classes: string[];
}

/** One line for each query, in CoreDNS's format (coredns plugin/log). */
export function log(controller: Controller): void {
  const { process, clock } = controller.instance;
  const rules: Rule[] = [];
  while (controller.next()) {
    const args = controller.remainingArgs();
    let format = common;
    if (args.length > 1 && args.at(-1)!.includes("{"))
      format = args.pop()!.replaceAll("{common}", common).replaceAll("{combined}", combined);
    const scopes = args.length > 0 ? args.map((scope) => fullName(scope)) : ["."];
    const classes: string[] = [];
    while (controller.nextBlock()) {
      if (controller.word() !== "class") throw controller.error(`unknown property '${controller.word()}'`);
      const wanted = controller.remainingArgs();
      if (wanted.length === 0) throw controller.argError();
      const unknown = wanted.find((name) => !classNames.includes(name));
      if (unknown !== undefined) throw new Error(`invalid Class: ${unknown}`);
      classes.push(...wanted);
    }
    for (const scope of scopes)
      rules.push({ scope, format, classes: classes.length > 0 ? classes : ["all"] });
  }
  controller.add({
    name: "log",
    wrap: (next) => async (query) => {
      const { name } = query.question;
      const rule = rules.find(({ scope }) => isWithin(name, scope));
      if (!rule) return next(query);
      const asked = query.question;
      const outcome = await next(query);
      const seconds = Math.max(0, clock.now() - query.receivedAtMs) / 1000;
      const isWanted = rule.classes.includes("all") || rule.classes.includes(classOf(outcome));
      if (isWanted)
        process.log(`[INFO] ${fill(rule.format, { ...query, question: asked }, outcome, seconds)}`);
      return outcome;
    },
  });
}

function classOf({ rcode, reply }: Outcome): string {
  if (rcode === rcodes.NXDOMAIN) return "denial";
  if (rcode !== rcodes.NOERROR) return "error";
  return reply && reply.answers.length === 0 ? "denial" : "success";
}

function fill(format: string, query: Query, outcome: Outcome, seconds: number): string {
  const { message, question, client, protocol } = query;
  const reply = replyMessage(query, outcome);
  const { flags } = reply;
  const names: [string, boolean][] = [
    ["qr", flags.response],
    ["aa", flags.authoritative],
    ["tc", flags.truncated],
    ["rd", flags.recursionDesired],
    ["ra", flags.recursionAvailable],
    ["ad", flags.authenticData],
    ["cd", flags.checkingDisabled],
  ];
  const values: Record<string, string> = {
    remote: client.ip.includes(":") ? `[${client.ip}]` : client.ip,
    port: String(client.port),
    type: typeName(question.type),
    class: className(question.class),
    name: question.name.toLowerCase(),
    proto: protocol,
    size: String(query.messageBytes),
    local: "0.0.0.0",
    ">id": String(message.id),
    ">opcode": String(message.flags.opcode),
    ">do": String(message.edns?.dnssecOk ?? false),
    ">bufsize": String(message.edns?.udpBytesMax ?? (protocol === "tcp" ? 65_535 : 512)),
    ">rflags": names
      .filter(([, isSet]) => isSet)
      .map(([name]) => name)
      .join(","),
    rcode: rcodeName(outcome.rcode),
    rsize: String(encodeMessage(reply).length),
    duration: `${seconds.toFixed(9).replace(/0{1,4}$/, "")}s`,
  };
  return format.replaceAll(/\{(>?[a-z]+)\}/g, (_, name: string) => values[name] ?? "-");
}
