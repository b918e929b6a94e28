import { VolumeError } from "@/lib/cluster/node/volumes/plan-volumes";
import type { VolumeFiles, VolumeStep } from "@/lib/cluster/node/container-runtime";
import { tarOf } from "@/lib/core/tar";

/** The script's exit code when a volume cannot be had: stderr is its name, a newline and why. */
export const volumeRefused = 9;

/**
 * Steps as words of three: kind, path, value. What is projected comes as a tar on stdin, into a folder named by $1 below
 * each root; then a link is moved into place, so that readers see the old content or the new one (kubernetes 1.34
 * pkg/volume/util/atomic_writer.go).
 */
const makeVolumesScript = `
set -eu
stamp=$1
shift
refuse() { printf '%s\\n%s\\n' "$1" "$2" >&2; exit ${volumeRefused}; }
while [ $# -gt 0 ]; do
  kind=$1 path=$2 value=$3
  shift 3
  case $kind in
    folder) [ -e "$path" ] || mkdir -p -- "$path" ;;
    disk) mkdir -p -- "$path"; chmod 0777 -- "$path" ;;
    memory)
      mkdir -p -- "$path"
      mountpoint -q -- "$path" || mount -t tmpfs -o "mode=0777\${value:+,size=$value}" tmpfs "$path" ;;
    local) [ -e "$path" ] || refuse "$value" "path \\"$path\\" does not exist" ;;
    group) chgrp -R -- "$value" "$path"; chmod -R g+rwX -- "$path"; find "$path" -type d -exec chmod g+s {} + ;;
    unpack) mkdir -p -- "$path/$stamp" ;;
    tar) tar --extract --preserve-permissions --no-same-owner --directory=/ --file=- ;;
    publish)
      [ -z "$value" ] || { chgrp -R -- "$value" "$path/$stamp"; chmod -R g+rX -- "$path/$stamp"; }
      old=$(readlink "$path/..data" || true)
      ln -s "$stamp" "$path/..data_tmp"
      mv -fT "$path/..data_tmp" "$path/..data"
      for entry in "$path/$stamp"/* "$path/$stamp"/.[!.]*; do
        name=\${entry##*/}
        if [ -e "$entry" ] && [ ! -L "$path/$name" ]; then ln -s "..data/$name" "$path/$name"; fi
      done
      for entry in "$path"/* "$path"/.[!.]*; do
        if [ -L "$entry" ] && [ ! -e "$entry" ]; then rm -f -- "$entry"; fi
      done
      if [ -n "$old" ] && [ "$old" != "$stamp" ]; then rm -rf -- "$path/$old"; fi ;;
    path:*)
      type=\${kind#path:}
      case $type in
        "") [ -e "$path" ] || mkdir -p -- "$path" ;;
        DirectoryOrCreate) [ -e "$path" ] || mkdir -p -- "$path"
          [ -d "$path" ] || refuse "$value" "hostPath type check failed: $path is not a directory" ;;
        FileOrCreate) [ -e "$path" ] || : > "$path"
          [ -f "$path" ] || refuse "$value" "hostPath type check failed: $path is not a file" ;;
        Directory) [ -d "$path" ] || refuse "$value" "hostPath type check failed: $path is not a directory" ;;
        File) [ -f "$path" ] || refuse "$value" "hostPath type check failed: $path is not a file" ;;
        Socket) [ -S "$path" ] || refuse "$value" "hostPath type check failed: $path is not a socket file" ;;
        CharDevice) [ -c "$path" ] || refuse "$value" "hostPath type check failed: $path is not a character device" ;;
        BlockDevice) [ -b "$path" ] || refuse "$value" "hostPath type check failed: $path is not a block device" ;;
      esac ;;
  esac
done
`;

/** Unmounts what lies below the folder $1, innermost first, and removes it. */
export const removeVolumesScript = `
while read -r _ target _; do
  case $target in "$1"/*) echo "$target" ;; esac
done < /proc/mounts | sort -r | while read -r target; do umount -l "$target"; done
exec rm -rf -- "$1"
`;

/** The command of one call; no words when there is nothing to do. */
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
    argv: words.length === 0 ? [] : ["/bin/sh", "-c", makeVolumesScript, "volumes", stamp, ...words],
    stdin: files.length > 0 ? tarOf(files, 0) : Buffer.alloc(0),
  };
}

function stepWords(step: VolumeStep): string[] {
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
