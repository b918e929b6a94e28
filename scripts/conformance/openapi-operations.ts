type Json = Record<string, unknown>;

interface Parameter extends Json {
  name: string;
  in: string;
}

type Item = Record<string, unknown>;

/** Deprecated since 1.11 and asked for by nobody. */
const isLeftOut = (path: string) => path.includes("/watch/");

/**
 * Everything that `theirs` says of each operation, texts apart, and what `ours` says instead: its name, parameters,
 * bodies, answers and marks, one after another. A parameter counts as the operation's own wherever it stands.
 */
export function compareOperations(
  ours: Record<string, Item>,
  theirs: Record<string, Item>,
  compare: (where: string, ours: unknown, theirs: unknown) => void,
): void {
  for (const [path, wanted] of Object.entries(theirs)) {
    if (isLeftOut(path)) continue;
    const own = ours[path] ?? {};
    compare(path, methodsOf(own), methodsOf(wanted));
    compare(`${path} parameters`, parametersOf(own), parametersOf(wanted));
    for (const method of methodsOf(wanted)) {
      const [mine, upstream] = [factsOf(own[method]), factsOf(wanted[method])];
      for (const name of new Set([...Object.keys(mine), ...Object.keys(upstream)]))
        compare(`${method} ${path} ${name}`, mine[name], upstream[name]);
    }
  }
  for (const path of Object.keys(ours))
    if (!Object.hasOwn(theirs, path)) compare(path, methodsOf(ours[path] ?? {}), "nothing");
}

const methodsOf = (item: Item) =>
  Object.keys(item)
    .filter((key) => key !== "parameters")
    .sort();

function factsOf(operation: unknown): Json {
  const { description: _, ...facts } = (operation ?? {}) as Json;
  return { ...(withoutTexts(facts) as Json), parameters: parametersOf(facts) };
}

function parametersOf({ parameters = [] }: Item): Parameter[] {
  const all = withoutTexts(parameters) as Parameter[];
  return all.sort((a, b) => (`${a.name} ${a.in}` < `${b.name} ${b.in}` ? -1 : 1));
}

/** Without the descriptions of parameters; those of answers ("OK", "Created") are part of the interface. */
function withoutTexts(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutTexts);
  if (typeof value !== "object" || value === null) return value;
  const { description, ...rest } = value as Json;
  const isParameter = "in" in rest;
  return Object.fromEntries(
    Object.entries({ ...rest, ...(isParameter || description === undefined ? {} : { description }) }).map(
      ([name, member]) => [name, withoutTexts(member)],
    ),
  );
}
