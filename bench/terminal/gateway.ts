import { createLogger } from "@/lib/core/logger";
import { systemClock } from "@/lib/core/clock";
import { issueTicket, TicketGate } from "@/lib/auth/tickets";
import { TerminalGateway } from "@/lib/web/terminal-gateway";
import { createWebServer } from "@/lib/web/web-server";

/**
 * The web process's terminal door without its pages, as a process of its own: arguments are terminald's socket and a
 * session; prints the URL of a WebSocket with its ticket.
 */
const [terminaldSocket, sessionId] = process.argv.slice(2) as [string, string];
const secret = "a secret for one run of a benchmark";
const terminals = new TerminalGateway({
  gate: new TicketGate(secret, systemClock),
  clock: systemClock,
  logger: createLogger("web"),
  terminaldSocket,
  publicUrl: "http://127.0.0.1",
  recheck: async () => undefined,
});
const server = createWebServer({
  terminals,
  logger: createLogger("web"),
  stopping: () => false,
  handle: async (_request, response) => void response.writeHead(404).end(),
});
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as { port: number };
  const claims = { userId: "bench", epoch: 0, attemptId: "bench", sessionId, readOnly: false };
  console.log(`ws://127.0.0.1:${port}/ws/terminal?ticket=${issueTicket(secret, systemClock, claims)}`);
});
