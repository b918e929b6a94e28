import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";

/**
 * The host's own package sources, reduced to its distribution: the mirror that its administrator chose, without third
 * parties' archives (whose packages and keys have no place in a node). One text in each of apt's two formats.
 */
export async function hostAptSources(
  codename: string,
  folder = "/etc/apt",
): Promise<{ list: string; deb822: string }> {
  const names = await readdir(join(folder, "sources.list.d")).catch(() => []);
  const read = (path: string) => readFile(join(folder, path), "utf8").catch(() => "");
  const texts = (suffix: string) =>
    Promise.all(names.filter((name) => name.endsWith(suffix)).map((name) => read(`sources.list.d/${name}`)));
  const lists = [await read("sources.list"), ...(await texts(".list"))];
  return {
    list: oneLineSources(lists.join("\n"), codename),
    deb822: deb822Sources((await texts(".sources")).join("\n\n"), codename),
  };
}

/** The `deb` lines of a sources.list that are of the distribution itself. */
export function oneLineSources(text: string, codename: string): string {
  const lines = text.split("\n").filter((line) => {
    const match = /^deb\s+(?:\[[^\]]*\]\s+)?\S+\s+(\S+)\s+(.+)$/.exec(line.trim());
    return match !== null && isOfDistribution(match[1]!, codename) && match[2]!.split(/\s+/).includes("main");
  });
  return lines.map((line) => `${line.trim()}\n`).join("");
}

/** The stanzas of deb822 sources that are of the distribution itself, without comments. */
export function deb822Sources(text: string, codename: string): string {
  const stanzas = text.split(/\n\s*\n/).map((stanza) =>
    stanza
      .split("\n")
      .filter((line) => line.trim() !== "" && !line.startsWith("#"))
      .join("\n"),
  );
  const kept = stanzas.filter((stanza) => {
    const field = (name: string) =>
      new RegExp(`^${name}:\\s*(.+)$`, "im").exec(stanza)?.[1]?.trim().split(/\s+/) ?? [];
    const suites = field("Suites");
    return (
      field("Types").includes("deb") &&
      field("Enabled")[0]?.toLowerCase() !== "no" &&
      field("Components").includes("main") &&
      suites.length > 0 &&
      suites.every((suite) => isOfDistribution(suite, codename))
    );
  });
  return kept.map((stanza) => `${stanza}\n\n`).join("");
}

function isOfDistribution(suite: string, codename: string): boolean {
  return [codename, `${codename}-updates`, `${codename}-security`].includes(suite);
}
