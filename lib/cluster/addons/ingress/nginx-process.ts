import type { AgentSession } from "@/lib/cluster/addons/agents/agent-session";

export interface NginxPlaces {
  conf: string;
  /** Where a configuration is tried before it takes the place of `conf`. */
  candidate: string;
  pid: string;
}

/**
 * The C library returns what nginx's hash tables took while it reads a configuration, table by table, and has it mapped
 * anew for the next one: most of the time that a configuration takes. So it is kept.
 */
const keepsMemory = "MALLOC_TRIM_THRESHOLD_=134217728 MALLOC_TOP_PAD_=16777216";

/** Tries what nginx reads on each change with `nginx -t`; the path of a configuration may follow. */
export const tryNginx = `${keepsMemory} nginx -t -q`;

/** Tries a configuration, puts it in its place, and starts nginx or has it read that. A daemon would keep the command's pipes open. */
const goOver = `
${tryNginx} -c "$1" || exit
mv "$1" "$2" || exit
if [ -s "$3" ]; then
  read -r pid <"$3" && kill -HUP "$pid"
else
  ${keepsMemory} exec nginx -c "$2" >/dev/null 2>&1 </dev/null
fi
`;

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
    await this.session.writeFile(candidate, conf);
    const { exitCode, stderr } = await this.session.run(["sh", "-c", goOver, "sh", candidate, confPath, pid]);
    if (exitCode !== 0) throw new Error(stderr.trim());
    this.#conf = conf;
    this.#isStale = false;
  }

  /** Throws what nginx says of a bad configuration; what is loaded stays. */
  async test(conf: string): Promise<void> {
    const path = `${this.places.candidate}.review`;
    await this.session.writeFile(path, conf);
    const { exitCode, stderr } = await this.session.run(["nginx", "-t", "-q", "-c", path]);
    if (exitCode !== 0) throw new Error(stderr.trim());
  }

  /** Whether nginx goes by this configuration and the files as they are. */
  hasLoaded(conf: string): boolean {
    return conf === this.#conf && !this.#isStale;
  }
}
