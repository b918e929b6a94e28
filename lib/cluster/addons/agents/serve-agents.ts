import { setMaxListeners } from "node:events";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { listenForNodes } from "@/lib/core/listen-on-socket";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { AddonContext } from "../addon";
import {
  AgentExit,
  AgentSession,
  type AgentHello,
  type AgentIdentity,
  type AgentPrograms,
} from "./agent-session";
import { MessageReader, type Message, type PendingBytes } from "./messages";

const connectionsMax = 256;
const helloTimeoutMs = 10_000;

/**
 * Tells the processes of components what to do: they connect to agents.sock (native/PROTOCOL.md) and say what they are.
 * Any process on a node can do so: what one may do in the API is what its ServiceAccount token gives it, and all else it
 * is told happens to itself.
 */
export async function serveAgents(
  context: AddonContext,
  programs: AgentPrograms,
): Promise<{ stop(): Promise<void> }> {
  const sessions = new Set<AgentSession>();
  const working = new Set<Promise<void>>();
  const pending: PendingBytes = { count: 0 };
  const server = createServer((socket) => {
    setMaxListeners(0, socket);
    socket.on("error", () => undefined); // "close" follows
    socket.setTimeout(helloTimeoutMs, () => socket.destroy());
    const reader = new MessageReader(pending);
    socket.on("close", () => reader.close());
    let session: Promise<AgentSession | undefined> | undefined;
    socket.on("data", (chunk: Buffer) => {
      let messages: Message[];
      try {
        messages = reader.push(chunk);
      } catch {
        return void socket.destroy();
      }
      for (const message of messages) {
        if (session) {
          void session.then((one) => one?.receive(message));
          continue;
        }
        socket.setTimeout(0);
        session = openSession(context, socket, message).catch((failure: unknown) => {
          context.logger.warn({ err: failure }, "an agent could not be identified");
          socket.destroy();
          return undefined;
        });
        const work = session.then(async (one) => {
          if (!one) return;
          sessions.add(one);
          await attend(one, context, programs).finally(() => sessions.delete(one));
        });
        working.add(work);
        void work.finally(() => working.delete(work));
      }
    });
  });
  const close = await listenForNodes(server, join(context.socketFolder, "agents.sock"), connectionsMax);
  return {
    async stop() {
      for (const session of sessions) session.release();
      await Promise.all([close(), ...working]);
    },
  };
}

async function attend(session: AgentSession, context: AddonContext, programs: AgentPrograms): Promise<void> {
  const { program } = session.hello;
  try {
    const run = Object.hasOwn(programs, program) ? programs[program] : undefined;
    if (!run) return session.fail(127, `${program}: not found`);
    const code = await run(session, context);
    if (code !== undefined) session.exit(code);
  } catch (failure) {
    if (session.signal.aborted) return;
    if (!(failure instanceof AgentExit)) session.print(`${program}: ${(failure as Error).message}`);
    session.exit(failure instanceof AgentExit ? failure.code : 1);
  }
}

async function openSession(
  context: AddonContext,
  socket: Socket,
  message: Message,
): Promise<AgentSession | undefined> {
  if (message.operation !== "hello") return void socket.destroy();
  const hello: AgentHello = {
    program: message.get("program") ?? "",
    argv: message.all("arg"),
    env: Object.fromEntries(message.all("env").map((text) => splitVariable(text))),
    pid: Number(message.get("pid") ?? 1),
    isResumed: message.get("resumed") === "1",
  };
  const identity = await identify(context, message.get("token"), message.get("host") ?? "");
  if (!identity || socket.destroyed) return void socket.destroy();
  return new AgentSession(socket, hello, identity, context.clock);
}

interface ReviewedUser {
  username: string;
  groups?: string[];
  extra?: Record<string, string[]>;
}

/** The pod by its token, otherwise the node by its host name. */
async function identify(
  { client, clientFor, informers, nodes }: AddonContext,
  token: string | undefined,
  host: string,
): Promise<AgentIdentity | undefined> {
  const user = token && (await reviewToken(client, token));
  const podName = user ? user.extra?.["authentication.kubernetes.io/pod-name"]?.[0] : undefined;
  const namespace = user ? user.username.split(":")[2] : undefined;
  const pod = podName ? informers.pods.get(namespace, podName) : undefined;
  const node = nodes.get(pod?.spec.nodeName ?? host);
  if (!node) return undefined;
  return {
    node,
    ...(pod ? { pod } : {}),
    ...(user ? { client: clientFor({ name: user.username, groups: user.groups ?? [] }) } : {}),
  };
}

async function reviewToken(client: AddonContext["client"], token: string): Promise<ReviewedUser | undefined> {
  const review = await client.create<KubeObject>(
    { group: "authentication.k8s.io", version: "v1", plural: "tokenreviews" },
    {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenReview",
      metadata: { name: "" },
      spec: { token },
    },
  );
  const status = review.status as { authenticated?: boolean; user?: ReviewedUser } | undefined;
  return status?.authenticated ? status.user : undefined;
}

function splitVariable(text: string): [string, string] {
  const at = text.indexOf("=");
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}
