import { RE2JS } from "re2js";
import { typeName } from "../dns/types";
import { goDurationMs, onceError, type Controller } from "../plugin";

interface Consolidation {
  pattern: RE2JS;
  periodText: string;
  periodMs: number;
  level: string;
  count: number;
}

const levels: Record<string, string> = { warning: "WARNING", error: "ERROR", info: "INFO", debug: "DEBUG" };

/** Logs why a query failed (coredns plugin/errors). */
export function errors(controller: Controller): void {
  const { process, clock, signal } = controller.instance;
  const consolidations: Consolidation[] = [];
  for (let index = 0; controller.next(); index++) {
    if (index > 0) throw new Error(onceError);
    const args = controller.remainingArgs();
    if (args.length > 1) throw controller.argError();
    if (args.length === 1 && args[0] !== "stdout") throw controller.error(`invalid log file: ${args[0]}`);
    while (controller.nextBlock())
      if (controller.word() === "consolidate") consolidations.push(readConsolidation(controller));
      else if (controller.word() !== "stacktrace")
        throw controller.syntaxError(`Unknown field ${controller.word()}`);
  }
  const countLater = async (one: Consolidation) => {
    await clock.sleep(one.periodMs, signal).catch(() => undefined);
    const { count, level, pattern, periodText } = one;
    one.count = 0;
    process.log(
      `[${level}] plugin/errors: ${count} errors like '${pattern.pattern()}' occurred in last ${periodText}`,
    );
  };
  controller.add({
    name: "errors",
    wrap: (next) => async (query) => {
      const outcome = await next(query);
      const { error } = outcome;
      if (error === undefined) return outcome;
      const one = consolidations.find(({ pattern }) => pattern.matcher(error).find());
      if (one) {
        if (++one.count === 1) void countLater(one);
        return outcome;
      }
      const { name, type } = query.question;
      process.log(
        `[ERROR] plugin/errors: ${outcome.rcode} ${name.toLowerCase()} ${typeName(type)}: ${error}`,
      );
      return outcome;
    },
  });
}

function readConsolidation(controller: Controller): Consolidation {
  const args = controller.remainingArgs();
  if (args.length < 2 || args.length > 4) throw controller.argError();
  const [periodText = "", text = "", level = "error"] = args;
  try {
    if (!Object.hasOwn(levels, level) && level !== "show_first")
      throw new Error(`unknown option in consolidate: ${level}`);
    return {
      pattern: RE2JS.compile(text),
      periodText: goDurationText(goDurationMs(periodText)),
      periodMs: goDurationMs(periodText),
      level: levels[level] ?? "ERROR",
      count: 0,
    };
  } catch (failure) {
    throw controller.error((failure as Error).message);
  }
}

/** Go's Duration.String: "5m0s", "30s", "1.5s". */
export function goDurationText(ms: number): string {
  if (ms < 1000) return ms === 0 ? "0s" : `${ms}ms`;
  const hours = Math.floor(ms / 3_600_000);
  const minutes = Math.floor((ms % 3_600_000) / 60_000);
  const seconds = (ms % 60_000) / 1000;
  if (hours > 0) return `${hours}h${minutes}m${seconds}s`;
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`;
}
