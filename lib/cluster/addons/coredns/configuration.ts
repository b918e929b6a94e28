import { createHash } from "node:crypto";
import { parseCorefile, type CorefileSource, type ServerBlock } from "./caddyfile/parse";
import { directives } from "./directives";
import { isDomainName, normalName } from "./dns/names";
import { Controller, zonesOf, type Instance, type ServerConfig } from "./plugin";

export const defaultPort = 53;

/** What stands in for a Corefile that nobody named and that is not there. */
export const defaultCorefile = (port: number) => `.:${port} {\nwhoami\nlog\n}\n`;

/**
 * Reads a Corefile and sets its plugins up, block by block in the order of the directives, as Caddy does. Throws Error
 * with the text that CoreDNS ends with.
 */
export async function configure(
  text: string,
  filename: string,
  source: CorefileSource,
  instance: Instance,
  port = defaultPort,
): Promise<ServerConfig[]> {
  const blocks = await parseCorefile(text, filename, source, [...directives.keys()]);
  const servers = blocks.map(({ keys }) => serverOf(keys, port));
  for (const [name, setup] of directives)
    for (const [index, { tokens }] of blocks.entries()) {
      const words = tokens.get(name);
      if (!words) continue;
      try {
        await setup(new Controller(filename, words, servers[index]!, instance));
      } catch (failure) {
        const { message } = failure as Error;
        throw new Error(`plugin/${name}: ${message}`, { cause: failure });
      }
    }
  checkOverlap(servers);
  return servers;
}

/** A block's keys: names, each with its port. Names with other ports are servers of their own with the same plugins. */
function serverOf(keys: string[], port: number): ServerConfig {
  const zones: ServerConfig["zones"] = [];
  const ports: number[] = [];
  for (const key of keys) {
    const match = /^(?:([a-z0-9]+):\/\/)?(.*?)(?::(\d*))?$/i.exec(key)!;
    const [, scheme = "dns", , portText] = match;
    if (scheme !== "dns")
      throw new Error(`invalid transport ${JSON.stringify(scheme)} of ${JSON.stringify(key)}`);
    for (const zone of zonesOf(match[2] === "" ? "." : match[2]!)) {
      if (!isDomainName(zone)) throw new Error(`invalid domain name: ${JSON.stringify(zone)}`);
      zones.push(zone);
      ports.push(portText ? Number(portText) : port);
    }
  }
  return { zones, ports, listenHosts: [""], plugins: [] };
}

function checkOverlap(servers: ServerConfig[]): void {
  const known = new Set<string>();
  for (const { zones, ports, listenHosts } of servers)
    zones.forEach((zone, index) => {
      for (const host of listenHosts) {
        const key = `dns://${normalName(zone)}:${ports[index]}${host === "" ? "" : ` on ${host}`}`;
        if (known.has(key)) throw new Error(`cannot serve ${key} - it is already defined`);
        known.add(key);
      }
    });
}

/** The hash that the plugin reload prints: SHA-512 of the Corefile's words as Go marshals them. */
export async function corefileHash(text: string, filename: string, source: CorefileSource): Promise<string> {
  const blocks = await parseCorefile(text, filename, source);
  return createHash("sha512").update(goJson(blocks)).digest("hex");
}

function goJson(blocks: ServerBlock[]): string {
  const value = blocks.map(({ keys, tokens }) => ({
    Keys: keys,
    Tokens: Object.fromEntries(
      [...tokens]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, words]) => [
          name,
          words.map(({ file, line, text }) => ({ File: file, Line: line, Text: text })),
        ]),
    ),
  }));
  // As encoding/json: what HTML could take for markup is escaped.
  return JSON.stringify(value.length > 0 ? value : null).replaceAll(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
