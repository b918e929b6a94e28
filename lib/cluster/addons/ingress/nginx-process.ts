import type { AgentSession } from "@/lib/cluster/addons/agents/agent-session";
import { keepsMemory, mainProcessOf, reloadNginx, tryNginx } from "./reload-nginx";

export interface NginxPlaces {
  conf: string;
  /** Where a configuration is tried. */
  candidate: string;
  pid: string;
}

/** Starts nginx. A daemon would keep the command's pipes open. */
const start = `${keepsMemory} exec nginx -c "$1" >/dev/null 2>&1 </dev/null`;

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
    const { session, places } = this;
    const pid = await mainProcessOf(session, places.pid);
    if (pid === undefined) await this.#start(conf);
    else {
      const former = this.#conf ?? (await session.readFile(places.conf));
      await session.writeFile(places.conf, conf);
      await reloadNginx(session, pid, places.conf).catch(async (failure: unknown) => {
        await session.writeFile(places.conf, former);
        throw failure;
      });
    }
    this.#conf = conf;
    this.#isStale = false;
  }

  async #start(conf: string): Promise<void> {
    const { session, places } = this;
    await this.test(conf);
    await session.writeFile(places.conf, conf);
    await session.must(["sh", "-c", start, "sh", places.conf]);
  }

  /** Throws what nginx says of a bad configuration; what is loaded stays. */
  async test(conf: string): Promise<void> {
    const path = this.places.candidate;
    await this.session.writeFile(path, conf);
    await tryNginx(this.session, path);
  }

  /** Whether nginx goes by this configuration and the files as they are. */
  hasLoaded(conf: string): boolean {
    return conf === this.#conf && !this.#isStale;
  }
}
