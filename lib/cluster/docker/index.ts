import type { Clock } from "@/lib/core/clock";
import type { Logger } from "@/lib/core/logger";
import type { AgentPrograms, AgentSession } from "@/lib/cluster/addons/agents/agent-session";
import type { DnsPrograms } from "@/lib/cluster/addons/coredns/link/serve-links";
import { docker } from "./cli/docker";
import { dockerd } from "./dockerd";
import { AttachServer } from "./engine/attach-server";
import { DockerDns } from "./engine/dns";
import { DockerEngine } from "./engine/engine";
import type { DockerHost } from "./host";

/** The Docker hosts of a lab: an engine each, and what their processes are told. */
export interface DockerHosts {
  engines: ReadonlyMap<string, DockerEngine>;
  agentPrograms: AgentPrograms;
  dnsPrograms: DnsPrograms;
  stop(): Promise<void>;
}

/** `socketFolder`: a folder of this machine that the nodes see at /run/examctl. */
export async function serveDockerHosts(
  hosts: DockerHost[],
  { socketFolder, clock, logger }: { socketFolder: string; clock: Clock; logger: Logger },
): Promise<DockerHosts> {
  const engines = new Map(hosts.map((host) => [host.name, new DockerEngine(host, clock, logger)]));
  const attachments = hosts.length > 0 ? await AttachServer.listen(socketFolder, logger) : undefined;
  const missing = (session: AgentSession) => session.fail(127, `${session.hello.program}: not found`);
  const engineOf = (session: AgentSession) => engines.get(session.node.name) ?? missing(session);
  return {
    engines,
    agentPrograms: {
      docker: (session) =>
        docker(session, {
          ...{ engine: engineOf(session), clock },
          attachments: attachments ?? missing(session),
        }),
      dockerd: (session) => dockerd(session, engineOf(session)),
    },
    dnsPrograms: {
      dockerd: (process) => {
        const engine = engines.get(process.host);
        return engine && new DockerDns(process, engine);
      },
    },
    async stop() {
      for (const engine of engines.values()) engine.detach();
      await attachments?.stop();
    },
  };
}
