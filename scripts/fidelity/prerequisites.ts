/** `kubectl VERB [TYPE] NAME` and `TYPE/NAME`, with options before them or not. */
const words = (verbs: string) =>
  new RegExp(String.raw`^\s*(?:kubectl|k)\s+(?:-\S+\s+\S+\s+)*(?:${verbs})\s+(.*)$`, "gm");
const makes = words("run|create");
const actsOn = words(
  "expose|scale|label|annotate|set|delete|patch|rollout|exec|logs|edit|autoscale|cp|debug",
);
const metadataName = /^metadata:\n(?: +.*\n)*? +name: *([\w.-]+)/gm;

/**
 * Of what was to be solved before, what `text` builds on: the solutions that make an object which it acts on and does not make itself, and
 * what those build on.
 */
export function prerequisitesOf<T extends { text: string }>(text: string, before: readonly T[]): T[] {
  const own = made(text);
  const wanted = [...named(text, actsOn)].filter((name) => !own.has(name));
  const makers = new Set(wanted.flatMap((name) => before.findLast((one) => made(one.text).has(name)) ?? []));
  for (const maker of [...makers])
    for (const earlier of prerequisitesOf(maker.text, before.slice(0, before.indexOf(maker))))
      makers.add(earlier);
  return before.filter((one) => makers.has(one));
}

function made(text: string): Set<string> {
  return new Set([...named(text, makes), ...[...text.matchAll(metadataName)].map(([, name]) => name!)]);
}

/** What stands where a name may stand: words before the first option that takes a value are the type, or the name. */
function named(text: string, verbs: RegExp): Set<string> {
  const found = [...text.matchAll(verbs)].flatMap(([, rest]) =>
    rest!
      .replaceAll(/(?:^|\s)-\S+[ =]\S+/g, " ")
      .split(" -- ")[0]!
      .trim()
      .split(/\s+/)
      .slice(0, 3)
      .flatMap((word) => word.split("/")),
  );
  return new Set(found.filter((word) => /^[a-z0-9][\w.-]*$/.test(word) && !kinds.has(word)));
}

const kinds = new Set(
  "pod pods po deployment deployments deploy service services svc namespace namespaces ns node nodes no secret configmap cm ingress ing job cronjob generic tls clusterip nodeport role rolebinding clusterrole clusterrolebinding serviceaccount sa image env resources restart status history undo token quota".split(
    " ",
  ),
);
