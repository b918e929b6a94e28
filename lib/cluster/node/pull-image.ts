import type { Clock } from "@/lib/core/clock";
import type { Container } from "@/lib/cluster/resources/types";
import type { ContainerRuntime, PulledImage } from "./container-runtime";

/** Why a container waits for its image; `message` is what its status shows. */
export class ImageError extends Error {
  constructor(
    readonly reason: "ErrImagePull" | "ErrImageNeverPull" | "InvalidImageName",
    message: string,
  ) {
    super(message);
  }
}

type Say = (type: "Normal" | "Warning", reason: string, message: string) => void;

/**
 * Makes sure that the node has a container's image, as its pull policy says (kubernetes 1.34 pkg/kubelet/images). Throws
 * ImageError after having told events.
 */
export async function pullImage(
  container: Container,
  { runtime, clock, say }: { runtime: ContainerRuntime; clock: Clock; say: Say },
): Promise<PulledImage> {
  const image = container.image ?? "";
  const policy = container.imagePullPolicy ?? (/:(?!latest$)[^/]+$/.test(image) ? "IfNotPresent" : "Always");
  const present = policy === "Always" ? undefined : await runtime.findImage(image);
  if (present) {
    say("Normal", "Pulled", `Container image "${image}" already present on machine`);
    return present;
  }
  if (policy === "Never") {
    const message = `Container image "${image}" is not present with pull policy of Never`;
    say("Warning", "ErrImageNeverPull", message);
    throw new ImageError("ErrImageNeverPull", message);
  }
  const startedMs = clock.now();
  say("Normal", "Pulling", `Pulling image "${image}"`);
  try {
    const pulled = await runtime.pullImage(image);
    const took = goDuration(Math.max(1, clock.now() - startedMs));
    say(
      "Normal",
      "Pulled",
      `Successfully pulled image "${image}" in ${took} (${took} including waiting). Image size: ${pulled.sizeBytes} bytes.`,
    );
    return pulled;
  } catch (failure) {
    const why = (failure as Error).message;
    if (why.startsWith("failed to parse reference")) {
      const message = `Failed to apply default image tag "${image}": couldn't parse image name "${image}": invalid reference format`;
      say("Warning", "InspectFailed", message);
      throw new ImageError("InvalidImageName", message);
    }
    say("Warning", "Failed", `Failed to pull image "${image}": ${why}`);
    throw new ImageError("ErrImagePull", why);
  }
}

/** Go's Duration.String of milliseconds: "850ms", "1.2s". */
function goDuration(ms: number): string {
  return ms < 1000 ? `${ms}ms` : `${ms / 1000}s`;
}
