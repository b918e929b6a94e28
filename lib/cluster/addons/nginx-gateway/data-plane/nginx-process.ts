import { setTimeout as sleep } from "node:timers/promises";
import { mainProcessOf, reloadNginx } from "@/lib/cluster/addons/ingress/reload-nginx";
import type { AgentSession } from "@/lib/cluster/addons/agents/agent-session";

const startsWithinMs = 20_000;
const pidFile = "/var/run/nginx/nginx.pid";

/** The nginx beside an agent. */
export class NginxProcess {
  readonly #files = new Map<string, string>();

  constructor(private readonly session: AgentSession) {}

  /**
   * Goes over to these files; connections end with the configuration that they began with. Throws what nginx says of a bad
   * one, and then it goes on with the former. Whether anything was new.
   */
  async load(files: ReadonlyMap<string, string>): Promise<boolean> {
    const changed = [...files].filter(([path, content]) => this.#files.get(path) !== content);
    const gone = [...this.#files.keys()].filter((path) => !files.has(path));
    if (changed.length === 0 && gone.length === 0) return false;
    const former = new Map(this.#files);
    await this.#write(changed, gone);
    const pid = await this.#started();
    await reloadNginx(this.session, pid).catch(async (failure: Error) => {
      const added = changed.map(([path]) => path).filter((path) => !former.has(path));
      await this.#write(
        [...former].filter(([path]) => files.get(path) !== former.get(path)),
        added,
      );
      throw new Error(problemOf(failure.message));
    });
    return true;
  }

  async #write(changed: [path: string, content: string][], gone: string[]): Promise<void> {
    for (const [path, content] of changed) {
      await this.session.writeFile(path, content, path.includes("/secrets/") ? 0o600 : 0o644);
      this.#files.set(path, content);
    }
    for (const path of gone) {
      await this.session.run(["rm", "-f", path]);
      this.#files.delete(path);
    }
  }

  /** Waits for nginx; its main process. */
  async #started(): Promise<number> {
    const untilMs = performance.now() + startsWithinMs;
    for (;;) {
      const pid = await mainProcessOf(this.session, pidFile);
      if (pid !== undefined) return pid;
      if (performance.now() > untilMs) throw new Error("nginx is not running");
      await sleep(100, undefined, { signal: this.session.signal });
    }
  }
}

function problemOf(stderr: string): string {
  return (
    stderr
      .split("\n")
      .find((line) => line.includes("[emerg]"))
      ?.replace(/^.*\[emerg\] (?:\d+#\d+: )?/, "") ?? stderr.trim()
  );
}
