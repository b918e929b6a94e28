import type { AgentSession } from "@/lib/cluster/addons/agents/agent-session";

export interface NginxPlaces {
  conf: string;
  /** Where a configuration is tried before it takes the place of `conf`. */
  candidate: string;
  pid: string;
}

/** The nginx of a controller's container, with a configuration that the controller writes. */
export class NginxProcess {
  #conf: string | undefined;
  readonly #files = new Map<string, string>();

  constructor(
    private readonly session: AgentSession,
    private readonly places: NginxPlaces,
  ) {}

  /** Writes what the configuration refers to: keys, password files. True when any of it was new. */
  async writeFiles(files: ReadonlyMap<string, string>): Promise<boolean> {
    let changed = false;
    for (const [path, content] of files) {
      if (this.#files.get(path) === content) continue;
      await this.session.writeFile(path, content, 0o600);
      this.#files.set(path, content);
      changed = true;
    }
    return changed;
  }

  /**
   * Goes over to a configuration; connections end with the one that they began with. Throws what nginx says of a bad
   * one, and then nothing has changed.
   */
  async load(conf: string): Promise<void> {
    const { conf: confPath, candidate, pid } = this.places;
    await this.session.writeFile(candidate, conf);
    const { exitCode, stderr } = await this.session.run(["nginx", "-t", "-q", "-c", candidate]);
    if (exitCode !== 0) throw new Error(stderr.trim());
    await this.session.writeFile(confPath, conf);
    const isRunning = (await this.session.run(["test", "-s", pid])).exitCode === 0;
    // A daemon would keep the pipes of the command open.
    const start = 'exec nginx "$@" >/dev/null 2>&1 </dev/null';
    await this.session.must([
      "sh",
      "-c",
      start,
      "nginx",
      "-c",
      confPath,
      ...(isRunning ? ["-s", "reload"] : []),
    ]);
    this.#conf = conf;
  }

  get loaded(): string | undefined {
    return this.#conf;
  }
}
