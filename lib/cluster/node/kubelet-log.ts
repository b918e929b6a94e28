import type { Clock } from "@/lib/core/clock";
import type { ContainerRuntime } from "./container-runtime";

const linesMax = 200;

/** What the kubelet says in its unit's journal: klog lines, written in order and together. Never fails its caller. */
export class KubeletLog {
  #lines: string[] = [];
  #writing = false;

  constructor(
    private readonly runtime: ContainerRuntime,
    private readonly clock: Clock,
    private readonly pid: () => number,
  ) {}

  info(where: string, text: string): void {
    this.#add("I", where, text);
  }

  warning(where: string, text: string): void {
    this.#add("W", where, text);
  }

  error(where: string, text: string): void {
    this.#add("E", where, text);
  }

  #add(severity: string, where: string, text: string): void {
    const now = new Date(this.clock.now());
    const [, month, day, time] = /-(\d\d)-(\d\d)T([\d:.]+)Z/.exec(now.toISOString())!;
    const head = `${severity}${month}${day} ${time}000 ${String(this.pid()).padStart(7)} ${where}]`;
    if (this.#lines.length < linesMax) this.#lines.push(`${head} ${text}`.slice(0, 4000));
    if (!this.#writing) void this.#write();
  }

  async #write(): Promise<void> {
    this.#writing = true;
    await Promise.resolve(); // what is said at once goes together
    while (this.#lines.length > 0) await this.runtime.log(this.#lines.splice(0)).catch(() => undefined);
    this.#writing = false;
  }
}

/** A Go string in klog's structured output. */
export function quoted(text: string): string {
  return JSON.stringify(text);
}
