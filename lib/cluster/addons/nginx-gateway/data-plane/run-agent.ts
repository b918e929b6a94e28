import { setTimeout as sleep } from "node:timers/promises";
import type { AddonContext } from "@/lib/cluster/addons/addon";
import type { AgentSession } from "@/lib/cluster/addons/agents/agent-session";
import { NginxProcess } from "./nginx-process";
import { registryOf } from "./registry";

const retryMs = 1000;

/**
 * What stands beside the nginx of a data plane: it gets the configuration from the controller, whose Service it must reach
 * where it is another pod's (nginx-agent of NGINX Gateway Fabric 2.x).
 */
export async function runAgent(session: AgentSession, context: AddonContext): Promise<void> {
  const { pod } = session.identity;
  if (!pod) return session.fail(1, 'level=ERROR msg="Unable to read the ServiceAccount token"');
  const controller = await controllerAddress(session);
  if (controller) await reach(session, controller);
  const remove = registryOf(context).add({ pod, nginx: new NginxProcess(session) });
  await session.ended();
  remove();
}

/** From nginx-agent.conf; undefined before 2.0, where the controller is in the same pod. */
async function controllerAddress(session: AgentSession): Promise<[host: string, port: string] | undefined> {
  const conf = await session.readFile("/etc/nginx-agent/nginx-agent.conf").catch(() => "");
  const [, host] = /^ +host: (\S+)$/m.exec(conf) ?? [];
  const [, port] = /^ +port: (\d+)$/m.exec(conf) ?? [];
  return host && port ? [host, port] : undefined;
}

async function reach(session: AgentSession, [host, port]: [string, string]): Promise<void> {
  const connect = ["timeout", "3", "bash", "-c", 'exec 3<>"/dev/tcp/$0/$1"', host, port];
  let isTold = false;
  while (!session.signal.aborted && (await session.run(connect)).exitCode !== 0) {
    if (!isTold)
      session.print(`level=ERROR msg="Failed to create connection" error="${host}:${port} does not answer"`);
    isTold = true;
    await sleep(retryMs, undefined, { signal: session.signal }).catch(() => undefined);
  }
  session.announce(`level=INFO msg="Connected to the control plane" address="${host}:${port}"`);
}
