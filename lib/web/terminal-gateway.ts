import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { TicketClaims, TicketGate } from "@/lib/auth/tickets";
import { AppError } from "@/lib/core/app-error";
import type { Clock } from "@/lib/core/clock";
import type { Logger } from "@/lib/core/logger";
import { forwardTerminal } from "./forward-terminal";

export const terminalPath = "/ws/terminal";
const recheckEveryMs = 5_000;
const connectionsPerUserMax = 40;

export interface TerminalGatewayOptions {
  gate: TicketGate;
  clock: Clock;
  logger: Logger;
  terminaldSocket: string;
  /** Pages of this origin may connect, besides those of the host that the request names. */
  publicUrl: string;
  /** Throws when what the ticket was given for does not hold any more. */
  recheck(claims: TicketClaims): Promise<void>;
}

/** The door of the terminals: `GET /ws/terminal?ticket=...` with an Upgrade. */
export class TerminalGateway {
  readonly #open = new Map<Socket, TicketClaims>();

  constructor(private readonly options: TerminalGatewayOptions) {}

  get size(): number {
    return this.#open.size;
  }

  async upgrade(request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    const { gate, logger, terminaldSocket, recheck } = this.options;
    socket.on("error", () => socket.destroy());
    try {
      if (!this.#fromOurPages(request))
        throw new AppError("forbidden", "Terminals are opened from the pages of this server only.");
      const ticket = new URL(request.url ?? "", "http://web").searchParams.get("ticket") ?? "";
      const claims = gate.redeem(ticket);
      const ofUser = [...this.#open.values()].filter(({ userId }) => userId === claims.userId).length;
      if (ofUser >= connectionsPerUserMax)
        throw new AppError("exhausted", "You have too many terminals open. Close some windows.");
      await recheck(claims);
      if (socket.destroyed) return;
      this.#open.set(socket, claims);
      forwardTerminal(request, socket, head, { socketPath: terminaldSocket, ...claims }, () =>
        this.#open.delete(socket),
      );
    } catch (failure) {
      const error = AppError.from(failure);
      if (error.code === "internal") logger.error({ err: failure }, "terminal not opened");
      else logger.info({ reason: error.code }, "terminal refused");
      refuse(socket, error);
    }
  }

  /** Cuts connections whose attempt has ended or whose user was disabled, until `signal`. */
  async watch(signal: AbortSignal): Promise<void> {
    const { clock, logger, recheck } = this.options;
    while (!signal.aborted) {
      await clock.sleep(recheckEveryMs, signal).catch(() => undefined);
      if (signal.aborted) return;
      const verdicts = new Map<string, Promise<boolean>>();
      for (const [socket, claims] of [...this.#open]) {
        const key = JSON.stringify([claims.userId, claims.epoch, claims.attemptId, claims.readOnly]);
        const holds =
          verdicts.get(key) ??
          recheck(claims).then(
            () => true,
            (failure: unknown) => {
              const { code } = AppError.from(failure);
              // A database that does not answer says nothing about the student.
              if (code !== "internal" && code !== "unavailable" && code !== "timeout") return false;
              logger.warn({ err: failure }, "terminal not rechecked");
              return true;
            },
          );
        verdicts.set(key, holds);
        if (!(await holds)) socket.destroy();
      }
    }
  }

  closeAll(): void {
    for (const socket of this.#open.keys()) socket.destroy();
  }

  /** A page elsewhere cannot choose the Origin header, and its host differs from ours. */
  #fromOurPages(request: IncomingMessage): boolean {
    const { origin, host } = request.headers;
    if (origin === undefined || !URL.canParse(origin)) return false;
    return new URL(origin).host === host || new URL(origin).origin === new URL(this.options.publicUrl).origin;
  }
}

const statusOf: Partial<Record<AppError["code"], string>> = {
  unauthenticated: "401 Unauthorized",
  forbidden: "403 Forbidden",
  "not-found": "404 Not Found",
  conflict: "409 Conflict",
  exhausted: "429 Too Many Requests",
  unavailable: "503 Service Unavailable",
};

function refuse(socket: Socket, error: AppError): void {
  const status = statusOf[error.code] ?? "500 Internal Server Error";
  const text = error.code === "internal" ? "Something went wrong inside examctl." : error.message;
  socket.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  );
}
