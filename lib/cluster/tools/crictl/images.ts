import { parseOptions } from "../options";
import { fatal, type CrictlCommand } from "./command";
import { findImage } from "./find";

export const pullImage: CrictlCommand = async (session, _, argv) => {
  const [image] = parseOptions(argv, { creds: "value", auth: "value" }).words;
  if (!image) return fatal(session, "Image cannot be empty");
  const { imageId } = await session.node.cri
    .pull(image)
    .catch((failure: Error) =>
      fatal(session, `pulling image: rpc error: code = NotFound desc = ${failure.message}`),
    );
  session.printOut(`Image is up to date for ${imageId}`);
};

export const removeImages: CrictlCommand = async (session, { nodes }, argv) => {
  const options = parseOptions(argv, { "all,a": "switch", "prune,q": "switch" });
  const { cri } = nodes.get(session.node.name)!;
  const images = await cri.images();
  const used = new Set((await cri.list()).containers.map(({ image }) => image));
  const chosen = options.has("prune")
    ? images.filter(({ name }) => !used.has(name))
    : options.has("all")
      ? images
      : await Promise.all(
          options.words.map(
            async (word) =>
              (await findImage(session, word)) ?? fatal(session, `no such image ${JSON.stringify(word)}`),
          ),
        );
  if (chosen.length === 0 && options.words.length === 0 && !options.has("prune") && !options.has("all"))
    return fatal(session, "Image cannot be empty");
  for (const { name } of chosen) {
    await cri.removeImage(name);
    session.printOut(`Deleted: ${name}`);
  }
};
