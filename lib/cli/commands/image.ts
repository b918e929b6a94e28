import { Command } from "commander";
import { contextOf } from "@/lib/cli/command-context";
import { table } from "@/lib/cli/output";
import { AppError } from "@/lib/core/app-error";
import { addImage, removeImage } from "@/lib/sandbox/image/add-image";
import { readAddedImages } from "@/lib/sandbox/image/added-images";
import { readImageRecipes } from "@/lib/sandbox/image/recipe";

export function imageCommand(): Command {
  const command = new Command("image").description("The container images that pods can run.");
  command
    .command("list")
    .description("List the references that can be pulled: the catalogue's and those that were added.")
    .action(async (_options, self: Command) => {
      const { config, output } = contextOf(self);
      const catalogue = (await readImageRecipes()).flatMap((recipe) =>
        [recipe, ...recipe.variants].flatMap(({ references = [] }) =>
          references.map((reference) => ({ reference, files: recipe.name, isAdded: false })),
        ),
      );
      const added = (await readAddedImages(config.dataDir)).map(({ name, key }) => ({
        ...{ reference: name, files: key, isAdded: true },
      }));
      output.result([...catalogue, ...added], (all) =>
        table(
          ["reference", "files", "from"],
          all.map(({ reference, files, isAdded }) => [reference, files, isAdded ? "added" : "catalogue"]),
        ),
      );
    });
  command
    .command("add <source>")
    .description(
      "Add an image: a folder with an OCI layout, a tar of one or of `docker save`, or docker://REFERENCE of a registry " +
        "in EXAMCTL_IMAGE_REGISTRIES. Needs the packages skopeo and umoci, and root.",
    )
    .option("--as <reference>", "what pods call it (default: the name in docker://)")
    .action(async (source: string, options: { as?: string }, self: Command) => {
      const { config, output } = contextOf(self);
      const image = await addImage({
        dataDir: config.dataDir,
        source,
        registries: config.imageRegistries,
        ...(options.as === undefined ? {} : { reference: options.as }),
      });
      output.result(
        image,
        () => `${image.reference} can be pulled (${Math.ceil(image.sizeBytes / 1e6)} MB).`,
      );
    });
  command
    .command("rm <reference>")
    .description("Remove an added image. No lab that runs it should be running.")
    .action(async (reference: string, _options, self: Command) => {
      const { config, output } = contextOf(self);
      if (!(await removeImage(config.dataDir, reference)))
        throw new AppError(
          "not-found",
          `No image ${reference} was added. 'examctl image list' tells which were.`,
        );
      output.result({ ok: true }, () => `${reference} is gone.`);
    });
  return command;
}
