import { copyFile, cp, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AppError } from "@/lib/core/app-error";
import { runCommand } from "@/lib/core/run-command";
import { hostAptSources } from "../rootfs/apt-sources";
import { hostCodename } from "../rootfs/build-base";

export interface LayerRequest {
  /** Roots below, uppermost first. */
  lower: string[];
  packages: string[];
  without: string[];
  /** Copied over the packages' files. */
  files: string | undefined;
  /** Binaries of the host by the path they get. */
  native: Record<string, string>;
  /** Gets the whole root, with what lies below, as its argument. */
  customise: string | undefined;
}

const buildTimeoutMs = 300_000;

/**
 * Runs in a mount namespace of its own: puts everything on an overlay over the lower roots and keeps what is new. The
 * overlay's upper is in memory, since the target may lie on an overlay itself.
 */
const build = `
work=$1 lower=$2 target=$3 debs=$4 files=$5 customise=$6 native=$7
mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs "$work"
mkdir "$work/upper" "$work/work" "$work/root"
mount -t overlay overlay -o "lowerdir=$lower,upperdir=$work/upper,workdir=$work/work" "$work/root"
for deb in "$debs"/*.deb; do
  [ -e "$deb" ] || continue
  dpkg-deb --fsys-tarfile "$deb" | tar --extract --keep-directory-symlink --directory="$work/root" \\
    --exclude='./usr/share/doc/*' --exclude='./usr/share/man/*' --exclude='./usr/share/locale/*'
done
[ -z "$files" ] || cp -a --remove-destination "$files/." "$work/root/"
[ -z "$native" ] || cp -a --remove-destination "$native/." "$work/root/"
if [ -n "$customise" ]; then
  mount --rbind /dev "$work/root/dev"
  mount -t proc proc "$work/root/proc"
  "$customise" "$work/root" >&2
  umount -l "$work/root/proc" "$work/root/dev"
fi
chown -R --no-dereference 0:0 "$work/root/etc/passwd" "$work/root/etc/group" 2>/dev/null || true
umount -l "$work/root"
cp -a "$work/upper" "$target"
chmod 755 "$target"
umount -l "$work"
`;

/**
 * Builds layers over the node's base system: what its packages lack comes from the host's own archive, whose lists are
 * read once for all layers of one builder.
 */
export class LayerBuilder {
  #apt: Promise<string> | undefined;

  constructor(
    /** Root of the base system: its dpkg database tells what is there. */
    private readonly base: string,
    private readonly onProgress: (line: string) => void,
  ) {}

  /** Builds into the folder `target`, which must not be there. */
  async build(request: LayerRequest, target: string): Promise<void> {
    const scratch = await mkdtemp(join(tmpdir(), "examctl-layer-"));
    try {
      const debs = join(scratch, "debs");
      const native = join(scratch, "native");
      const work = join(scratch, "work");
      await Promise.all([debs, native, work].map((folder) => mkdir(folder)));
      if (request.packages.length > 0) await this.#fetch(request.packages, request.without, debs);
      for (const [path, source] of Object.entries(request.native)) {
        await mkdir(join(native, path, ".."), { recursive: true });
        await copyFile(source, join(native, path));
        await runCommand(["chmod", "755", join(native, path)]);
      }
      const hasNative = Object.keys(request.native).length > 0;
      await runCommand(
        [
          ...["unshare", "--mount", "sh", "-euc", build, "build", work, request.lower.join(":"), target],
          ...[debs, request.files ?? "", request.customise ?? "", hasNative ? native : ""],
        ],
        { timeoutMs: buildTimeoutMs, env: { ...process.env, LC_ALL: "C.UTF-8" } },
      );
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  }

  async close(): Promise<void> {
    const folder = await this.#apt?.catch(() => undefined);
    if (folder) await rm(folder, { recursive: true, force: true });
  }

  /** Puts the packages that the base lacks into `target`. Throws `unavailable` when the archive cannot be reached. */
  async #fetch(packages: string[], without: string[], target: string): Promise<void> {
    this.#apt ??= this.#openApt();
    const apt = await this.#apt;
    const { stdout } = await this.#run(apt, ["install", "--print-uris", "-qq", "-y", ...packages]);
    const wanted = [...stdout.matchAll(/^'[^']+' (\S+)_(\S+)_\S+\.deb /gm)].map(([, name]) => name!);
    const names = wanted.filter((name) => !without.includes(name));
    this.onProgress(`fetching ${names.length} packages`);
    if (names.length > 0)
      await runCommand(["apt-get", ...options(apt, this.base), "download", "-qq", ...names], {
        cwd: target,
        timeoutMs: buildTimeoutMs,
      });
    const have = (await readdir(target)).filter((name) => name.endsWith(".deb")).length;
    if (have < names.length)
      throw new AppError("unavailable", `Only ${have} of ${names.length} packages could be fetched.`);
  }

  async #openApt(): Promise<string> {
    const apt = await mkdtemp(join(tmpdir(), "examctl-apt-"));
    for (const folder of ["lists/partial", "archives/partial", "etc/sources.list.d", "etc/preferences.d"])
      await mkdir(join(apt, folder), { recursive: true });
    await cp("/etc/apt/apt.conf.d", join(apt, "etc/apt.conf.d"), { recursive: true }).catch(() => undefined);
    await cp("/etc/apt/auth.conf.d", join(apt, "etc/auth.conf.d"), { recursive: true }).catch(
      () => undefined,
    );
    await cp("/etc/apt/apt.conf", join(apt, "etc/apt.conf")).catch(() => undefined);
    const sources = await hostAptSources(await hostCodename());
    await writeFile(join(apt, "etc/sources.list"), sources.list);
    if (sources.deb822 !== "") await writeFile(join(apt, "etc/sources.list.d/host.sources"), sources.deb822);
    this.onProgress("reading the package archive's lists");
    await this.#run(apt, ["update", "-qq"]);
    return apt;
  }

  async #run(apt: string, args: string[]): Promise<{ stdout: string }> {
    return runCommand(["apt-get", ...options(apt, this.base), ...args], { timeoutMs: buildTimeoutMs });
  }
}

function options(apt: string, base: string): string[] {
  return [
    `Dir::Etc=${apt}/etc`,
    `Dir::State=${apt}`,
    `Dir::State::lists=${apt}/lists`,
    `Dir::State::status=${base}/var/lib/dpkg/status`,
    `Dir::Cache=${apt}`,
    "APT::Install-Recommends=0",
    "APT::Sandbox::User=root",
    "Debug::NoLocking=1",
  ].flatMap((option) => ["-o", option]);
}
