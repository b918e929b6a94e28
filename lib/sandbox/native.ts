import { join } from "node:path";
import { projectRoot } from "@/lib/core/paths";

/** Where the binaries of native/ are: EXAMCTL_NATIVE_DIR for an installation that ships them, else what make built. */
export const nativeFolder = process.env.EXAMCTL_NATIVE_DIR ?? join(projectRoot, "native/build");

export function nativeBinary(name: string): string {
  return join(nativeFolder, name);
}
