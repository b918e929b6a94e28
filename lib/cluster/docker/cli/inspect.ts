import type { DockerCall, DockerCommand } from "./command";
import { needArguments } from "./command";
import { parseFlags } from "./flags";
import { localImage } from "./images";
import { containerObject, imageObject, networkObject } from "./objects";
import { render } from "./show";

type Kind = "container" | "image" | "network";

/** `docker inspect`, and with a kind `docker container inspect` and the like. */
export function inspectOf(kind?: Kind): DockerCommand {
  return async (call, argv) => {
    const { session } = call;
    const flags = parseFlags(argv, {
      "format,f": "value",
      type: "value",
      "size,s": "switch",
      "verbose,v": "switch",
    });
    needArguments(call, flags.words, 1);
    const wanted = kind ?? (flags.value("type") as Kind | undefined);
    const found: unknown[] = [];
    const missing: string[] = [];
    for (const word of flags.words) {
      const object = await findObject(call, word, wanted);
      if (object) found.push(object);
      else missing.push(word);
    }
    const format = flags.value("format");
    if (format === undefined || format === "json") {
      // Go's encoder and JSON.stringify differ in nothing but empty ones.
      session.printOut(JSON.stringify(found, null, 4));
    } else for (const object of found) session.printOut(render(session, format, object));
    for (const word of missing)
      session.print(
        wanted === "network"
          ? `Error response from daemon: network ${word} not found`
          : wanted === undefined
            ? `Error: No such object: ${word}`
            : `Error response from daemon: No such ${wanted}: ${word}`,
      );
    return missing.length > 0 ? 1 : 0;
  };
}

async function findObject(call: DockerCall, word: string, kind: Kind | undefined): Promise<unknown> {
  const { engine } = call;
  if (kind === undefined || kind === "container") {
    const container = engine.find(word);
    if (container) return containerObject(engine, container);
  }
  if (kind === undefined || kind === "image") {
    const image = await localImage(call, word);
    if (image) return imageObject(image);
  }
  if (kind === undefined || kind === "network") {
    const network = engine.findNetwork(word);
    if (network) return networkObject(engine, network);
  }
  return undefined;
}
