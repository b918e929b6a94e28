import type { Socket } from "node:net";
import type { Clock } from "@/lib/core/clock";
import type { ClusterClient } from "@/lib/cluster/client/client";
import type { Pod } from "@/lib/cluster/resources/types";
import type { AddonContext, AddonNode } from "../addon";
import { encodeMessage, type Message } from "./messages";

/** A component's process on a node: what it was started with, and its hands there. */
export interface AgentHello {
  /** The last part of the path it was started under. */
  program: string;
  /** With the program's path in front. */
  argv: string[];
  env: Record<string, string>;
  pid: number;
  /** It was connected before: this side started anew, the process did not. */
  isResumed: boolean;
}

export interface AgentIdentity {
  node: AddonNode;
  /** Absent when the process has no ServiceAccount token. */
  pod?: Pod;
  /** The API with the rights of the pod's ServiceAccount. */
  client?: ClusterClient;
}

/** What a component does, by the name of its program. A number that it resolves to ends the process with that code. */
export type AgentProgram = (session: AgentSession, context: AddonContext) => Promise<number | void>;
export type AgentPrograms = Record<string, AgentProgram>;

/** Ends the process. */
export class AgentExit extends Error {
  constructor(readonly code: number) {
    super(`exit ${code}`);
  }
}

/** What the operating system said of a file, in Go's words. */
export class AgentFileError extends Error {}

export interface HttpRoute {
  /** A last "*" stands for anything. */
  path: string;
  code?: number;
  /** At most 2,000 bytes. */
  body: string;
}

export type Listen =
  | { kind: "http"; address?: string; port: number; routes: HttpRoute[] }
  | { kind: "http"; path: string; routes: HttpRoute[] }
  | { kind: "hold" | "udp"; address?: string; port: number }
  /** Bytes go to and from a unix socket of the cluster's, which it waits for. */
  | { kind: "relay"; port: number; to: string };

const answerTimeoutMs = 30_000;
const unsentBytesMax = 16 << 20;

/**
 * One connection of an agent process. Everything it is asked to do happens in its container, with its rights, files and
 * programs. What it answers is a student's at worst: texts, bounded.
 */
export class AgentSession {
  readonly #waiting = new Map<string, (reply: Message) => void>();
  readonly #abort = new AbortController();
  #lastId = 0;
  #isReleased = false;
  #printedLines = 0;

  constructor(
    private readonly socket: Socket,
    readonly hello: AgentHello,
    readonly identity: AgentIdentity,
    readonly clock: Clock,
  ) {
    socket.on("close", () => this.#abort.abort(new Error("The process has ended.")));
  }

  /** Aborts when the process has ended or can no longer be reached. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get node(): AddonNode {
    return this.identity.node;
  }

  get env(): Record<string, string> {
    return this.hello.env;
  }

  /** `--name=value`, `--name value`; "true" for `--name` alone. */
  flag(name: string): string | undefined {
    const { argv } = this.hello;
    for (const [index, argument] of argv.entries()) {
      const [key, value] = splitOnce(argument.replace(/^--?/, ""), "=");
      if (!argument.startsWith("-") || key !== name) continue;
      if (value !== undefined) return value;
      const next = argv[index + 1];
      return next === undefined || next.startsWith("-") ? "true" : next;
    }
    return undefined;
  }

  /** How many lines this side has had the process write. */
  get printedLines(): number {
    return this.#printedLines;
  }

  /** Lines on the process's stderr: what `kubectl logs` shows. */
  print(...lines: string[]): void {
    this.#printedLines += lines.length;
    if (lines.length > 0)
      this.#send(
        "print",
        lines.map((line): [string, string] => ["line", line]),
      );
  }

  /** As `print`, but not again for a process that has said it before. */
  announce(...lines: string[]): void {
    if (!this.hello.isResumed) this.print(...lines);
  }

  printOut(text: string): void {
    this.#send("print", [
      ["to", "stdout"],
      ["line", text],
    ]);
  }

  /** Runs a program of the image. `truncated`: it wrote more than 6 MiB, and that is the beginning. */
  async run(
    argv: string[],
    stdin = "",
  ): Promise<{ exitCode: number; stdout: string; stderr: string; truncated: boolean }> {
    const reply = await this.#ask("exec", [
      ...argv.map((value): [string, string] => ["arg", value]),
      ["stdin", stdin],
    ]);
    return {
      exitCode: Number(reply.get("code") ?? 127),
      stdout: reply.get("stdout") ?? "",
      stderr: reply.get("stderr") ?? reply.get("error") ?? "",
      truncated: reply.get("truncated") === "1",
    };
  }

  /** Runs a program that must succeed; throws what it wrote to stderr. */
  async must(argv: string[], stdin = ""): Promise<string> {
    const { exitCode, stdout, stderr, truncated } = await this.run(argv, stdin);
    if (exitCode !== 0) throw new Error(`${argv.join(" ")}: ${stderr.trim() || `exit status ${exitCode}`}`);
    if (truncated) throw new Error(`${argv.join(" ")}: its output is too long`);
    return stdout;
  }

  /** Throws AgentFileError. */
  async readFile(path: string): Promise<string> {
    const reply = await this.#ask("read", [["path", path]]);
    const error = reply.get("error");
    if (error !== undefined) throw new AgentFileError(`open ${path}: ${error}`);
    return reply.get("content") ?? "";
  }

  /** In one step, making the folders above. Throws AgentFileError. */
  async writeFile(path: string, content: string, mode = 0o644): Promise<void> {
    const reply = await this.#ask("write", [
      ["path", path],
      ["content", content],
      ["mode", mode],
    ]);
    const error = reply.get("error");
    if (error !== undefined) throw new AgentFileError(`open ${path}: ${error}`);
  }

  /** A signal by its number for a process in the same PID namespace. Throws with Go's words, "no such process". */
  async kill(pid: number, signal: number): Promise<void> {
    const error = (
      await this.#ask("signal", [
        ["pid", pid],
        ["signal", signal],
      ])
    ).get("error");
    if (error !== undefined) throw new Error(error);
  }

  /**
   * Listens in the process's network namespace, or changes what is answered under the same key. Throws with Go's words,
   * "bind: address already in use".
   */
  async listen(key: string, listen: Listen): Promise<void> {
    const fields: [string, string | number][] = [
      ["key", key],
      ["kind", listen.kind],
    ];
    if ("path" in listen) fields.push(["path", listen.path]);
    else fields.push(["address", "address" in listen ? (listen.address ?? "") : ""], ["port", listen.port]);
    if (listen.kind === "relay") fields.push(["to", listen.to]);
    for (const route of listen.kind === "http" ? listen.routes : [])
      fields.push(["route", route.path], ["code", route.code ?? 200], ["body", route.body]);
    const error = (await this.#ask("listen", fields)).get("error");
    if (error !== undefined) throw new Error(error);
  }

  unlisten(key: string): void {
    this.#send("unlisten", [["key", key]]);
  }

  /**
   * The IPv4 addresses that it answers ARP for on an interface, in place of those before; new ones are called out. Throws
   * with the kernel's words.
   */
  async answerArp(interfaceName: string, addresses: string[]): Promise<void> {
    const error = (
      await this.#ask("arp", [
        ["interface", interfaceName],
        ...addresses.map((address): [string, string] => ["address", address]),
      ])
    ).get("error");
    if (error !== undefined) throw new Error(error);
  }

  /** Keeps connections to a server, as ss shows them. */
  keepConnections(address: string, port: number, count: number): void {
    if (!this.hello.isResumed)
      this.#send("keep", [
        ["address", address],
        ["port", port],
        ["count", count],
      ]);
  }

  /** Goes on as another program of the image, which then says hello by its own name. */
  async become(argv: string[]): Promise<never> {
    const reply = await this.#ask(
      "become",
      argv.map((value): [string, string] => ["arg", value]),
    );
    throw new Error(`${argv[0]}: ${reply.get("error") ?? "not executed"}`);
  }

  /**
   * Joins the process's own stdio to a stream of frames behind the socket `path` of its node, for which `ticket` is the way
   * in. It ends with what runs there.
   */
  async attach(
    path: string,
    ticket: string,
    { tty, stdin }: { tty: boolean; stdin: boolean },
  ): Promise<never> {
    const fields: [string, string | number][] = [
      ["path", path],
      ["token", ticket],
      ["tty", tty ? 1 : 0],
      ["stdin", stdin ? 1 : 0],
    ];
    const reply = await this.#ask("attach", fields, { isEndless: true });
    throw new Error(reply.get("error") ?? "not attached");
  }

  /** A component that asked first, and whose files are in order, does what it is for. */
  begin(): void {
    this.#send("begin", []);
  }

  /** Prints and ends the process. */
  fail(code: number, ...lines: string[]): never {
    this.print(...lines);
    throw new AgentExit(code);
  }

  exit(code: number): void {
    this.#send("exit", [["code", code]]);
  }

  /** Resolves when the process has ended: true, or when this side stops to attend to it: false. */
  async ended(): Promise<boolean> {
    if (!this.signal.aborted)
      await new Promise<void>((resolve) =>
        this.signal.addEventListener("abort", () => resolve(), { once: true }),
      );
    return !this.#isReleased;
  }

  /** Lets go of a process that goes on. */
  release(): void {
    this.#isReleased = true;
    this.socket.destroy();
  }

  /** For the server that reads the connection. */
  receive(message: Message): void {
    const id = message.get("id") ?? "";
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    waiting?.(message);
  }

  #send(operation: string, fields: [string, string | number][]): void {
    if (this.socket.destroyed) return;
    this.socket.write(encodeMessage(operation, fields));
    // It does not read: it is stopped, or no agent of ours.
    if (this.socket.writableLength > unsentBytesMax) this.socket.destroy();
  }

  #ask(
    operation: string,
    fields: [string, string | number][],
    { isEndless = false }: { isEndless?: boolean } = {},
  ): Promise<Message> {
    const id = String(++this.#lastId);
    return new Promise<Message>((resolve, reject) => {
      if (this.signal.aborted) return reject(this.signal.reason as Error);
      const done = () => {
        clearTimeout(timer);
        this.signal.removeEventListener("abort", onAbort);
        this.#waiting.delete(id);
      };
      const onAbort = () => {
        done();
        reject(this.signal.reason as Error);
      };
      const giveUp = () => {
        done();
        reject(new Error(`The agent did not answer ${operation} in ${answerTimeoutMs} ms.`));
      };
      const timer = isEndless ? undefined : setTimeout(giveUp, answerTimeoutMs);
      this.signal.addEventListener("abort", onAbort);
      this.#waiting.set(id, (reply) => {
        done();
        resolve(reply);
      });
      this.#send(operation, [["id", id], ...fields]);
    });
  }
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)];
}
