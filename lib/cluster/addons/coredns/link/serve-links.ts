import { createServer, type Socket } from "node:net";
import { listenForNodes } from "@/lib/core/listen-on-socket";
import type { Clock } from "@/lib/core/clock";
import type { Logger } from "@/lib/core/logger";
import { CorednsProcess } from "../coredns-process";
import type { KubernetesView } from "../kubernetes/view";
import { FrameReader, takeTexts, type Frame } from "./frames";
import { LinkedProcess, readHello } from "./linked-process";

const connectionsMax = 128;
const helloMs = 10_000;

/** Who decides what a process at the other end answers. */
export interface DnsResponder {
  start(): Promise<void>;
  answer(
    bytes: Buffer,
    from: { protocol: "udp" | "tcp"; client: { ip: string; port: number }; port: number },
  ): Promise<Buffer | undefined>;
  /** The process was told to end. */
  terminate(): Promise<void>;
  /** The connection is gone. */
  stop(): void;
}

/** What programs other than coredns answer, by the last part of the path they were started under. */
export type DnsPrograms = Record<string, (process: LinkedProcess) => DnsResponder | undefined>;

interface Services {
  clock: Clock;
  kubernetes: KubernetesView;
  logger: Logger;
  programs?: DnsPrograms;
}

/**
 * Serves the coredns processes of a cluster's pods on the socket `path` (native/PROTOCOL.md, dns.sock). Any container of
 * a component, and root on a node, may connect: what it sends is bounded and can do no more than ask for names.
 */
export async function serveLinks(path: string, services: Services): Promise<{ close(): Promise<void> }> {
  const server = createServer((socket) => {
    const link = new Link(socket, services);
    socket.setTimeout(helloMs, () => socket.destroy());
    socket.on("error", () => undefined); // "close" follows
    socket.on("close", () => link.close());
    const reader = new FrameReader();
    socket.on("data", (chunk: Buffer) => {
      try {
        for (const frame of reader.push(chunk)) link.take(frame);
      } catch (failure) {
        services.logger.debug({ err: failure }, "a coredns sent what it should not");
        socket.destroy();
      }
    });
  });
  return { close: await listenForNodes(server, path, connectionsMax) };
}

class Link {
  #process: LinkedProcess | undefined;
  #responder: DnsResponder | undefined;

  constructor(
    private readonly socket: Socket,
    private readonly services: Services,
  ) {}

  /** Throws RangeError for what does not belong to the protocol. */
  take({ kind, body }: Frame): void {
    if (kind === "H" && !this.#process) {
      this.socket.setTimeout(0);
      this.#process = new LinkedProcess(this.socket, readHello(body));
      const program = (this.#process.args[0] ?? "").split("/").at(-1)!;
      const { programs = {} } = this.services;
      const own = Object.hasOwn(programs, program) ? programs[program]?.(this.#process) : undefined;
      this.#responder = own ?? new CorednsProcess(this.#process, this.services);
      void this.#responder.start().catch((failure: unknown) => {
        this.services.logger.error({ err: failure }, "a coredns could not be started");
        this.socket.destroy();
      });
      return;
    }
    if (!this.#process || !this.#responder) throw new RangeError("no hello");
    if (kind === "Q") this.#answer(this.#process, this.#responder, body);
    else if (kind === "R") this.#process.replied(body);
    else if (kind === "T") void this.#responder.terminate();
    else throw new RangeError(`a frame ${JSON.stringify(kind)}`);
  }

  close(): void {
    this.#responder?.stop();
    this.#process?.gone();
  }

  #answer(process: LinkedProcess, responder: DnsResponder, body: Buffer): void {
    const queryId = body.readUInt32BE(0);
    const protocol = body[4] === 0x74 ? "tcp" : "udp";
    const { texts, rest } = takeTexts(body.subarray(5), 3);
    const [ip = "", clientPort, port] = texts;
    const from = { protocol, client: { ip, port: Number(clientPort) }, port: Number(port) } as const;
    responder.answer(rest, from).then(
      // Without a message, the other end answers with a failure of its own.
      (reply) => process.answer(queryId, reply ?? Buffer.alloc(0)),
      (failure: unknown) => {
        this.services.logger.error({ err: failure }, "a DNS question could not be answered");
        process.answer(queryId, Buffer.alloc(0));
      },
    );
  }
}
