import { AppError } from "@/lib/core/app-error";
import type { CniList, CniPlugin } from "@/lib/core/cni-list";
import { execInNode } from "../exec";

export interface CniResult {
  cniVersion?: string;
  ips?: { address: string; gateway?: string }[];
  /** Results before 0.3.0. */
  ip4?: { ip: string };
  ip6?: { ip: string };
  [key: string]: unknown;
}

/** Everything that a plugin is told about the pod. */
export interface CniAttachment {
  /** PID 1 of the node that the plugins run in. */
  control: string;
  containerId: string;
  /** A path inside the node. */
  netns: string;
  args: Record<string, string>;
  /** Handed to plugins that declare the capability: `portMappings`. */
  runtimeConfig: Record<string, unknown>;
}

/** ADD: each plugin in order, each given the result of the one before. Throws with libcni's text. */
export async function cniAdd(list: CniList, attachment: CniAttachment): Promise<CniResult> {
  let result: CniResult | undefined;
  for (const plugin of list.plugins) {
    const config = pluginConfig(list, plugin, attachment, result);
    const output = await runPlugin("ADD", plugin, config, attachment);
    result = output === "" ? result : (JSON.parse(output) as CniResult);
  }
  return result ?? {};
}

/** DEL: in reverse, each given the result of ADD. Goes on past failures and returns the first. */
export async function cniDel(
  list: CniList,
  attachment: CniAttachment,
  result: CniResult | undefined,
): Promise<AppError | undefined> {
  let first: AppError | undefined;
  for (const plugin of [...list.plugins].reverse()) {
    const config = pluginConfig(list, plugin, attachment, result);
    await runPlugin("DEL", plugin, config, attachment).catch((failure: unknown) => {
      first ??= AppError.from(failure);
    });
  }
  return first;
}

/** Addresses without prefix length, IPv4 first where the plugin says so. */
export function addressesOf(result: CniResult): string[] {
  const withPrefix = result.ips?.map(({ address }) => address) ?? [result.ip4?.ip, result.ip6?.ip];
  return withPrefix.flatMap((address) => (address ? [address.split("/")[0]!] : []));
}

function pluginConfig(
  list: CniList,
  { capabilities, ...plugin }: CniPlugin,
  attachment: CniAttachment,
  prevResult: CniResult | undefined,
): string {
  const wanted = Object.entries(attachment.runtimeConfig).filter(([name]) => capabilities?.[name]);
  return JSON.stringify({
    ...plugin,
    name: list.name,
    cniVersion: list.cniVersion,
    ...(wanted.length > 0 ? { runtimeConfig: Object.fromEntries(wanted) } : {}),
    ...(prevResult ? { prevResult } : {}),
  });
}

const pluginFolder = "/opt/cni/bin";
const pluginTimeoutMs = 60_000;

async function runPlugin(
  command: "ADD" | "DEL",
  plugin: CniPlugin,
  config: string,
  attachment: CniAttachment,
): Promise<string> {
  const described = `plugin type=${JSON.stringify(plugin.type)}${plugin.name ? ` name=${JSON.stringify(plugin.name)}` : ""}`;
  const fail = (why: string) =>
    new AppError("internal", `${described} failed (${command === "ADD" ? "add" : "delete"}): ${why}`);
  const notFound = fail(`failed to find plugin "${plugin.type}" in path [${pluginFolder}]`);
  if (plugin.type.includes("/")) throw fail(`invalid plugin name: ${plugin.type}`);
  const result = await execInNode(attachment.control, {
    argv: [`${pluginFolder}/${plugin.type}`],
    cwd: "/",
    env: {
      CNI_COMMAND: command,
      CNI_CONTAINERID: attachment.containerId,
      CNI_NETNS: attachment.netns,
      CNI_IFNAME: "eth0",
      CNI_PATH: pluginFolder,
      CNI_ARGS: Object.entries(attachment.args)
        .map(([key, value]) => `${key}=${value}`)
        .join(";"),
    },
    stdin: Buffer.from(config),
    timeoutMs: pluginTimeoutMs,
  }).catch((failure: unknown) => {
    throw AppError.from(failure).code === "not-found" ? notFound : failure;
  });
  const output = result.stdout.toString("utf8").trim();
  if (result.timedOut) throw fail("netplugin failed with no error message: signal: killed");
  if (result.exitCode === 0) return command === "ADD" ? output : "";
  const stderr = result.stderr.toString("utf8").trim();
  if (result.exitCode === 127 && output === "" && /No such file/.test(stderr)) throw notFound;
  throw fail(pluginError(output, stderr, result.exitCode));
}

/** A plugin reports {"code", "msg", "details"} on stdout. */
function pluginError(output: string, stderr: string, exitCode: number): string {
  try {
    const { msg, details } = JSON.parse(output) as { msg?: string; details?: string };
    if (msg) return details ? `${msg}; ${details}` : msg;
  } catch {
    // not the protocol's error: said below
  }
  if (output === "" && stderr === "")
    return `netplugin failed with no error message: exit status ${exitCode}`;
  return `netplugin failed: ${JSON.stringify(output || stderr)}`;
}
