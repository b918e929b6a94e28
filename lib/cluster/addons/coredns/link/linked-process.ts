import type { Socket } from "node:net";
import { AppError } from "@/lib/core/app-error";
import type { HttpKind } from "../plugin";
import type { PodProcess } from "../coredns-process";
import type { Listener } from "../running-instance";
import { encodeFrame, uint32 } from "./frames";

const callsMax = 2048;
const backlogBytesMax = 8 * 1024 * 1024;
const textBytesMax = 900 * 1024;
const answerTimeoutMs = 30_000;

/** What a coredns tells of itself when it connects. */
export interface Hello {
  args: string[];
  env: Record<string, string>;
  cwd: string;
  /** Of the node or pod. */
  host: string;
  isResumed: boolean;
}

/** The lists of a hello: "arg=...", "env=NAME=value", "cwd=...", "resumed=1". */
export function readHello(body: Buffer): Hello {
  const hello: Hello = { args: [], env: {}, cwd: "/", host: "", isResumed: false };
  for (const text of body.toString("utf8").split("\0").slice(0, 4096)) {
    const equals = text.indexOf("=");
    const [key, value] = [text.slice(0, equals), text.slice(equals + 1)];
    if (key === "arg") hello.args.push(value);
    else if (key === "cwd") hello.cwd = value;
    else if (key === "host") hello.host = value;
    else if (key === "resumed") hello.isResumed = value === "1";
    else if (key === "env")
      hello.env[value.slice(0, value.indexOf("="))] = value.slice(value.indexOf("=") + 1);
  }
  return hello;
}

/** Calls a coredns over its connection; the other end may be a student's, so all that waits is bounded. */
export class LinkedProcess implements PodProcess {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly host: string;
  readonly isResumed: boolean;
  readonly #calls = new Map<number, { resolve(body: Buffer): void; reject(failure: Error): void }>();
  #nextCall = 1;

  constructor(
    private readonly socket: Socket,
    hello: Hello,
    /** How long one may take to answer, beyond what it was given for the work. */
    private readonly patienceMs = answerTimeoutMs,
  ) {
    ({ args: this.args, env: this.env, cwd: this.cwd, host: this.host, isResumed: this.isResumed } = hello);
  }

  async readFile(path: string): Promise<string> {
    return (await this.#call("F", 0, cString(path))).toString("utf8");
  }

  async glob(pattern: string): Promise<string[]> {
    const body = await this.#call("G", 0, cString(pattern));
    return body
      .toString("utf8")
      .split("\0")
      .filter((path) => path !== "");
  }

  exchange(network: "udp" | "tcp", address: string, message: Buffer, timeoutMs: number): Promise<Buffer> {
    return this.#call("E", timeoutMs, network[0]!, uint32(timeoutMs), cString(address), message);
  }

  async probe(address: string, timeoutMs: number): Promise<void> {
    await this.#call("E", timeoutMs, "c", uint32(timeoutMs), cString(address));
  }

  async listen(listeners: Listener[]): Promise<void> {
    const fields = listeners.flatMap(({ kind, host, port }) => [kind, host, String(port)]);
    await this.#call("L", 0, ...fields.map(cString));
  }

  setHttp(kind: HttpKind, code: number, body: string): void {
    this.#send("S", cString(kind), cString(String(code)), body.slice(0, textBytesMax));
  }

  log(line: string): void {
    this.write(1, `${line}\n`);
  }

  write(descriptor: 1 | 2, text: string): void {
    this.#send("O", Buffer.from([descriptor]), text.slice(0, textBytesMax));
  }

  fail(line: string): void {
    this.write(2, `${line}\n`);
    this.exit(1);
  }

  exit(code: number): void {
    this.#send("X", Buffer.from([code]));
  }

  answer(queryId: number, message: Buffer): void {
    this.#send("A", uint32(queryId), message);
  }

  /** A reply of the other end: a call's id, whether it worked, and what came of it or went wrong. */
  replied(body: Buffer): void {
    const id = body.readUInt32BE(0);
    if (body.length < 5) throw new RangeError("a reply without its outcome");
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    const rest = body.subarray(5);
    if (body[4] === 1) call?.resolve(Buffer.from(rest));
    else call?.reject(new Error(rest.toString("utf8")));
  }

  /** Nothing more will come. */
  gone(): void {
    for (const call of this.#calls.values()) call.reject(new Error("the process is gone"));
    this.#calls.clear();
  }

  #call(kind: string, workMs: number, ...fields: (Buffer | string)[]): Promise<Buffer> {
    if (this.#calls.size >= callsMax)
      return Promise.reject(new AppError("exhausted", "A coredns has too many calls under way."));
    const id = this.#nextCall++ >>> 0;
    return new Promise<Buffer>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#calls.delete(id);
        reject(new AppError("timeout", "A coredns does not answer."));
      }, workMs + this.patienceMs);
      const settled =
        <T>(settle: (value: T) => void) =>
        (value: T) => {
          clearTimeout(timer);
          settle(value);
        };
      this.#calls.set(id, { resolve: settled(resolve), reject: settled(reject) });
      this.#send(kind, uint32(id), ...fields);
      if (this.socket.destroyed) this.gone();
    });
  }

  #send(kind: string, ...fields: (Buffer | string)[]): void {
    if (this.socket.destroyed) return;
    this.socket.write(encodeFrame(kind, ...fields));
    // Who does not read is let go of: it connects again.
    if (this.socket.writableLength > backlogBytesMax) this.socket.destroy();
  }
}

function cString(text: string): Buffer {
  return Buffer.from(`${text.replaceAll("\0", "")}\0`);
}
