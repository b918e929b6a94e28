import type { AgentSession } from "@/lib/cluster/addons/agents/agent-session";

/** `gateway initialize`: copies each file that --source names into the folder of the --destination after it. */
export async function initialize(session: AgentSession): Promise<number> {
  const { argv } = session.hello;
  const after = (name: string) =>
    argv.flatMap((argument, index) => (argument === name ? [argv[index + 1] ?? ""] : []));
  const destinations = after("--destination");
  for (const [index, source] of after("--source").entries()) {
    const target = `${destinations[index]}/${source.split("/").at(-1)}`;
    try {
      await session.writeFile(target, await session.readFile(source));
    } catch (failure) {
      return session.fail(1, `failed to copy file: ${(failure as Error).message}`);
    }
  }
  return 0;
}
