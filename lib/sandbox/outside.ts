import { runCommand } from "@/lib/core/run-command";
import { outsideNetwork } from "@/lib/contract/labd";
import type { SandboxHost } from "./host";
import { nativeBinary } from "./native";
import { switchName } from "./net";
import { sandboxPaths } from "./paths";
import type { SandboxRecord } from "./record";
import { slotOf } from "./slots";

/**
 * Starts what listens in the lab's switch for the world outside: DNS on the gateway, HTTP and HTTPS in `outsideNetwork`. It
 * belongs to the lab's groups and ends with them; clusterd answers behind its sockets.
 */
export async function startOutside(host: SandboxHost, record: SandboxRecord): Promise<void> {
  const { sandboxId, network } = record;
  const slot = slotOf(record.slot!);
  const cgroups = host.cgroups.foldersOfNode(sandboxId, 0);
  await runCommand([
    nativeBinary("examctl-outside"),
    ...["--netns", `/run/netns/${switchName(slot.number)}`],
    ...cgroups.flatMap((folder) => ["--cgroup", folder]),
    // Nobody of the lab's: root in a node is baseId.
    ...["--user", String(slot.baseId + 65_533)],
    ...["--resolver", network.gateway, "--network", outsideNetwork],
    ...["--folder", sandboxPaths(host.paths, sandboxId).outside],
  ]);
}
