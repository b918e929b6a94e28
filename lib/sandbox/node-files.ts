import { randomBytes } from "node:crypto";
import { chown, lchown, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { SandboxRecord } from "./record";
import { generateSshKeyPair } from "./ssh-keys";

interface PlainFile {
  path: string;
  content: string;
  mode: number;
}

/** What tells the nodes of one lab apart, and lets them reach each other by name and by ssh. */
export function identityFiles(record: SandboxRecord): PlainFile[][] {
  const keys = record.nodes.map(({ name }) => generateSshKeyPair(`root@${name}`));
  const authorized = keys.map(({ publicKey }) => publicKey).join("");
  const peers = record.nodes.map(({ name, address }) => `${address.split("/")[0]} ${name}\n`).join("");
  return record.nodes.map(({ name }, index) => {
    const host = generateSshKeyPair(`root@${name}`);
    const file = (path: string, content: string, mode = 0o644): PlainFile => ({ path, content, mode });
    return [
      file("etc/hostname", `${name}\n`),
      file(
        "etc/hosts",
        `127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\nff02::1 ip6-allnodes\nff02::2 ip6-allrouters\n\n${peers}`,
      ),
      file("etc/resolv.conf", `nameserver ${record.network.gateway}\n`),
      file("etc/machine-id", `${randomBytes(16).toString("hex")}\n`, 0o444),
      file("etc/ssh/ssh_host_ed25519_key", host.privateKey, 0o600),
      file("etc/ssh/ssh_host_ed25519_key.pub", host.publicKey),
      file("root/.ssh/id_ed25519", keys[index]!.privateKey, 0o600),
      file("root/.ssh/id_ed25519.pub", keys[index]!.publicKey),
      file("root/.ssh/authorized_keys", authorized, 0o600),
    ];
  });
}

/** Modes of the folders that such files lie in, as the layers below have them. */
const folderModes: Record<string, number> = { root: 0o700, "root/.ssh": 0o700 };

/**
 * Writes files into the still unused upper folder of a node, as owned by root of the lab. Only before the node has
 * run: afterwards its folders may hold links that lead elsewhere.
 */
export async function writeIntoFreshUpper(upper: string, baseId: number, files: PlainFile[]): Promise<void> {
  const made = new Set<string>();
  for (const { path, content, mode } of files) {
    const parts = dirname(path).split("/");
    for (let depth = 1; depth <= parts.length; depth++) {
      const folder = parts.slice(0, depth).join("/");
      if (made.has(folder)) continue;
      made.add(folder);
      await mkdir(join(upper, folder), { mode: folderModes[folder] ?? 0o755 });
      await chown(join(upper, folder), baseId, baseId);
    }
    await writeFile(join(upper, path), content, { mode, flag: "wx" });
    await lchown(join(upper, path), baseId, baseId);
  }
}
