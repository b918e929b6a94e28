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
  /** Files have changed since the configuration was loaded. */
  #isStale = false;
  readonly #files = new Map<string, string>();

  constructor(
    private readonly session: AgentSession,
    private readonly places: NginxPlaces,
  ) {}

  /** Writes what the configuration refers to: keys, password files. */
  async writeFiles(files: ReadonlyMap<string, string>): Promise<void> {
    for (const [path, content] of files) {
      if (this.#files.get(path) === content) continue;
      await this.session.writeFile(path, content, 0o600);
      this.#files.set(path, content);
      this.#isStale = true;
    }
  }

  /**
   * Goes over to a configuration; connections end with the one that they began with. Throws what nginx says of a bad
   * one, and then nothing has changed.
   */
  async load(conf: string): Promise<void> {
    const { conf: confPath, candidate, pid } = this.places;
    await this.#test(conf, candidate);
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
    this.#isStale = false;
  }

  /** Throws what nginx says of a bad configuration; what is loaded stays. */
  test(conf: string): Promise<void> {
    return this.#test(conf, `${this.places.candidate}.review`);
  }

  async #test(conf: string, path: string): Promise<void> {
    await this.session.writeFile(path, conf);
    const { exitCode, stderr } = await this.session.run(["nginx", "-t", "-q", "-c", path]);
    if (exitCode !== 0) throw new Error(stderr.trim());
  }

  /** Whether nginx goes by this configuration and the files as they are. */
  hasLoaded(conf: string): boolean {
    return conf === this.#conf && !this.#isStale;
  }
}
