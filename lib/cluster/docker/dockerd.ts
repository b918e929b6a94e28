import type { AgentSession } from "@/lib/cluster/addons/agents/agent-session";
import { versionObject, versions } from "./cli/info";
import type { DockerEngine } from "./engine/engine";

/** What the process dockerd does: its log, its socket, and the engine behind both for as long as it lives. */
export async function dockerd(session: AgentSession, engine: DockerEngine): Promise<void> {
  const say = (text: string) =>
    session.announce(
      `time="${new Date(session.clock.now()).toISOString().replace("Z", "000000Z")}" level=info msg=${JSON.stringify(text)}`,
    );
  say("Starting up");
  say("Loading containers: start.");
  await engine.up(session.hello.isResumed);
  say("Loading containers: done.");
  say(`Docker daemon commit=${versions.commit} storage-driver=overlayfs version=${versions.engine}`);
  await session.listen("api", { kind: "http", path: "/run/docker.sock", routes });
  say("Daemon has completed initialization");
  say("API listen on /run/docker.sock");
  if (await session.ended()) await engine.down();
  else engine.detach();
}

const { Server } = versionObject;
const routes = [
  { path: "/_ping", body: "OK" },
  ...["/version", `/v${versions.api}/version`].map((path) => ({ path, body: JSON.stringify(Server) })),
  { path: "*", code: 404, body: JSON.stringify({ message: "page not found" }) },
];
