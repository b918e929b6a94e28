import { chmod, copyFile, cp, link, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { runCommand } from "@/lib/core/run-command";
import { extractFromZip } from "./unzip";

/** Where a node sees the root file systems of images: a mount point of its root. */
export const imagesInNode = "var/lib/examctl/images";

/** What starts with a node, as `systemctl enable` would have it; here, since not every archive of a tree keeps links. */
const enabledUnits = ["containerd", "kubelet", "ssh"];

/** One binary of native/build and the paths that it has in a node. */
export interface NativeLink {
  source: string;
  targets: string[];
}

/** Builds the layer over all others: configuration and native binaries. Milliseconds. */
export async function buildTop(files: string, native: NativeLink[], root: string): Promise<void> {
  await cp(files, root, { recursive: true, verbatimSymlinks: true });
  await chmod(join(root, "root"), 0o700);
  for (const { source, targets } of native) {
    const [first, ...others] = targets.map((target) => join(root, target));
    await mkdir(dirname(first!), { recursive: true });
    await copyFile(source, first!);
    await chmod(first!, 0o755);
    for (const other of others) {
      await mkdir(dirname(other), { recursive: true });
      await link(first!, other);
    }
  }
  const wants = join(root, "etc/systemd/system/multi-user.target.wants");
  await mkdir(wants, { recursive: true });
  for (const unit of enabledUnits) await symlink(`../${unit}.service`, join(wants, `${unit}.service`));
  const folders = [
    "run/sshd",
    "etc/cni/net.d",
    "run/examctl",
    "var/lib/containerd",
    "var/lib/kubelet",
    "var/log/pods",
    imagesInNode,
  ];
  for (const folder of folders) await mkdir(join(root, folder), { recursive: true });
}

/** Builds the layer with kubectl and helm and their completions, from a zip with kubectl/kubectl and helm/helm. 1 s. */
export async function buildTools(zip: string, root: string): Promise<void> {
  const tools = join(root, "usr/local/bin");
  const completions = join(root, "usr/share/bash-completion/completions");
  await mkdir(tools, { recursive: true });
  await mkdir(completions, { recursive: true });
  await extractFromZip(zip, { "kubectl/kubectl": join(tools, "kubectl"), "helm/helm": join(tools, "helm") });
  await Promise.all(
    ["kubectl", "helm"].map(async (tool) => {
      const { stdout } = await runCommand([join(tools, tool), "completion", "bash"], {
        env: { ...process.env, HOME: "/nonexistent" },
      });
      await writeFile(join(completions, tool), stdout);
    }),
  );
}

/** Parses images/node/links.txt: a name in `nativeFolder`, then absolute paths in the node. */
export async function readNativeLinks(path: string, nativeFolder: string): Promise<NativeLink[]> {
  return dataLines(await readFile(path, "utf8")).map((line) => {
    const [name, ...targets] = line.split(/\s+/);
    return { source: join(nativeFolder, name!), targets };
  });
}

/** Lines that are neither empty nor comments. */
export function dataLines(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
}
