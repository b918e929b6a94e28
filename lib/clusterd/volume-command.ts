import { podProgram } from "@/lib/contract/labd";
import { VolumeError } from "@/lib/cluster/node/volumes/plan-volumes";
import type { VolumeFiles, VolumeStep } from "@/lib/cluster/node/container-runtime";
import { tarOf } from "@/lib/core/tar";

/** The program's exit code when a volume cannot be had: stderr is its name, a newline and why. */
export const volumeRefused = 9;

/** Unmounts what lies below the folder $1, innermost first, and removes it. */
export const removeVolumesScript = `
while read -r _ target _; do
  case $target in "$1"/*) echo "$target" ;; esac
done < /proc/mounts | sort -r | while read -r target; do umount -l "$target"; done
exec rm -rf -- "$1"
`;

/**
 * The command of one call (native/pod/volumes.c); no words when there is nothing to do. Steps are words of three: kind, path,
 * value. What is projected comes as a tar, into a folder named `stamp` below each root, and is published from there.
 */
export function volumeCommand(
  steps: VolumeStep[],
  projections: VolumeFiles[],
  gid: number | undefined,
  stamp: string,
): { argv: string[]; stdin: Buffer } {
  const files = projections.flatMap(({ root, files: inRoot }) =>
    inRoot.map(({ path, content, mode }) => ({
      path: `${root}/${stamp}/${path}`,
      content: Buffer.from(content),
      mode,
    })),
  );
  const words = [
    ...steps.flatMap(stepWords),
    ...projections.flatMap(({ root }) => ["unpack", root, ""]),
    ...(files.length > 0 ? ["tar", "", ""] : []),
    ...projections.flatMap(({ root }) => ["publish", root, gid === undefined ? "" : String(gid)]),
  ];
  return {
    argv: words.length === 0 ? [] : [podProgram, "volumes", stamp, ...words],
    stdin: files.length > 0 ? tarOf(files, 0) : Buffer.alloc(0),
  };
}

/** One step in words of the program. */
export function stepWords(step: VolumeStep): [string, string, string] {
  switch (step.kind) {
    case "folder":
      return ["folder", step.path, ""];
    case "empty-dir":
      return step.inMemory
        ? ["memory", step.path, step.sizeBytes === undefined ? "" : String(Math.ceil(step.sizeBytes))]
        : ["disk", step.path, ""];
    case "host-path":
      return [`path:${step.type}`, step.path, step.volume];
    case "local":
      return ["local", step.path, step.volume];
    case "group":
      return ["group", step.path, String(step.gid)];
  }
}

export function refusedVolume(stderr: string): VolumeError {
  const [volume = "", ...why] = stderr.trim().split("\n");
  return new VolumeError(volume, why.join("\n"));
}
