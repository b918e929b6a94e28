import { AppError } from "@/lib/core/app-error";
import type { Image } from "./ensure-images";
import { parseImageReference, patternMatches, pullErrorText, tagNotFoundText } from "./reference";

/** The image that a reference names. Throws `not-found` with containerd's text of a failed pull. */
export function findImage(images: readonly Image[], text: string): { image: Image; name: string } {
  const reference = parseImageReference(text);
  if (!reference)
    throw new AppError(
      "not-found",
      `failed to parse reference ${JSON.stringify(text)}: invalid reference format`,
    );
  // Whoever pins a digest means an image that there was once: it is taken for the one of that name.
  const isPinned = reference.tag.startsWith("sha256:");
  const wanted = isPinned
    ? { ...reference, tag: "latest", name: `${reference.registry}/${reference.repository}:latest` }
    : reference;
  const known = images.filter(({ references }) =>
    references.some((pattern) => patternMatches(pattern, wanted)),
  );
  const image = known.find(
    ({ tags }) => isPinned || tags === undefined || new RegExp(`^(?:${tags})$`).test(wanted.tag),
  );
  if (image) return { image, name: reference.name };
  throw new AppError("not-found", known.length > 0 ? tagNotFoundText(reference) : pullErrorText(reference));
}
