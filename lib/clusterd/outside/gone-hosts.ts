/** Hosts that had their place in many tutorials and are gone: asking for them ends here as it ends everywhere. */
export const goneHosts: ReadonlyMap<string, string> = new Map([
  ["cloud.weave.works", "Weave Cloud, and with it this generator of manifests, ended in September 2022."],
  ["git.io", "GitHub's link shortener takes no new links since 2022."],
]);
