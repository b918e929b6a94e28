import { createServer } from "node:net";
import { runCommand } from "@/lib/core/run-command";
import type { Finding } from "./finding";

/** Is the port of the web pages free, and if not, who has it? */
export async function checkPort(port: number): Promise<Finding> {
  const taken = await new Promise<boolean>((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(true));
    server.listen(port, () => server.close(() => resolve(false)));
  });
  if (!taken) return { check: "port", ok: true, sentence: `Port ${port} is free.` };
  const { stdout } = await runCommand(["ss", "-Hltnp", `sport = :${port}`], { allowFailure: true }).catch(
    () => ({ stdout: "" }),
  );
  const holder = /users:\(\("([^"]+)",pid=(\d+)/.exec(stdout);
  return {
    check: "port",
    ok: false,
    sentence: `Port ${port} is taken${holder ? ` by ${holder[1]} (process ${holder[2]})` : ""}.`,
    remedy: "End that process, or choose another port: npm run up -- --port 8081.",
  };
}
