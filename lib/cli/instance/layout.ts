import { chmod, chown, mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Config } from "@/lib/config";
import type { ServiceUser } from "./service-user";

/** Makes the folders of an instance with the owner that writes each. Safe to repeat. */
export async function prepareLayout(config: Config, user: ServiceUser): Promise<void> {
  const folder = async (path: string, owner: "root" | "service", mode: number) => {
    await mkdir(path, { recursive: true });
    await chown(path, owner === "root" ? 0 : user.uid, user.gid);
    await chmod(path, mode);
  };
  await mkdir(config.dataDir, { recursive: true });
  await folder(join(config.dataDir, "log"), "root", 0o750);
  await folder(join(config.dataDir, "clusters"), "service", 0o700);
  await folder(join(config.dataDir, "frozen-labs"), "service", 0o700);
  await folder(join(config.dataDir, "recordings"), "service", 0o700);
  // Services make their sockets here. Others may pass through: the root of a node has a uid that nobody else has.
  await folder(config.runDir, "root", 0o771);
  await folder(join(config.runDir, "pg"), "service", 0o700);
}
