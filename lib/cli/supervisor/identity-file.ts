import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Config } from "@/lib/config";
import { replaceFile } from "@/lib/core/replace-file";
import type { ProcessIdentity } from "./process-identity";

/** The processes of an instance as its supervisor last wrote them, for whoever must end what a dead one left. */
export class IdentityFile {
  readonly #path: string;
  readonly #identities = new Map<string, ProcessIdentity>();
  #last: Promise<void> = Promise.resolve();

  constructor(config: Config) {
    this.#path = join(config.runDir, "processes.json");
  }

  /** Remembers or forgets a process. Writes follow each other, so the file ends as the last call left it. */
  set(name: string, identity: ProcessIdentity | undefined): Promise<void> {
    if (identity) this.#identities.set(name, identity);
    else this.#identities.delete(name);
    return this.#then(() => replaceFile(this.#path, JSON.stringify(Object.fromEntries(this.#identities))));
  }

  async read(): Promise<ProcessIdentity[]> {
    const text = await readFile(this.#path, "utf8").catch(() => "{}");
    return Object.values(JSON.parse(text) as Record<string, ProcessIdentity>);
  }

  remove(): Promise<void> {
    return this.#then(() => rm(this.#path, { force: true }));
  }

  #then(write: () => Promise<void>): Promise<void> {
    this.#last = this.#last.catch(() => undefined).then(write);
    return this.#last;
  }
}
