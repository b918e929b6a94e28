import { AppError } from "@/lib/core/app-error";
import { drawParameters } from "./draw-parameters";
import { cidrContains, cidrSize, parseCidr } from "./ipv4";
import type { Lab, LabProblem } from "./lab";
import { renderTemplate, stringsOf, templateParameters } from "./render-template";
import { resolveEnvironment } from "./resolve-environment";
import { formatPath } from "./read-manifest";

/** Attempts that are drawn and resolved to see that the parameters always make a sound cluster. */
const sampleSeeds = Array.from({ length: 12 }, (_, index) => `sample-${index}`);

/** Names that clash, parameters that are unknown or cannot be drawn, environments and options that do not hold. */
export function findContentProblems(lab: Lab): LabProblem[] {
  const problems = [
    ...findDuplicates(lab),
    ...findParameterProblems(lab),
    ...findTemplateProblems(lab),
    ...findGuardProblems(lab),
  ];
  // Sampling needs sound parameters and templates: otherwise it would say the same again, less precisely.
  return problems.length > 0 ? problems : findSampleProblems(lab);
}

function inManifest(path: string, problem: string, remedy: string): LabProblem {
  return { file: "lab.yaml", path, problem, remedy };
}

function findDuplicates({ manifest }: Lab): LabProblem[] {
  const problems: LabProblem[] = [];
  const seen = new Set<string>();
  const note = (id: string, path: string, what: string) => {
    if (seen.has(id))
      problems.push(inManifest(path, `uses the ${what} "${id}" a second time.`, "Choose another."));
    seen.add(id);
  };
  manifest.questions.forEach((question, index) => note(question.id, `questions[${index}].id`, "id"));
  manifest.guards.forEach((guard, index) => note(guard, `guards[${index}]`, "id"));
  return problems;
}

function findParameterProblems({ manifest }: Lab): LabProblem[] {
  const problems: LabProblem[] = [];
  for (const [name, spec] of Object.entries(manifest.parameters)) {
    const path = `parameters.${name}`;
    if ("integer" in spec && spec.integer.min > spec.integer.max)
      problems.push(inManifest(path, "has a min above its max.", "Swap them."));
    if ("pick" in spec && new Set(spec.pick.map(String)).size < spec.pick.length)
      problems.push(inManifest(path, "lists a value twice.", "Remove one."));
    if ("subnet" in spec) {
      const pool = parseCidr(spec.subnet.from);
      if (!pool || pool.prefix > spec.subnet.prefix)
        problems.push(
          inManifest(
            path,
            `cannot cut a /${spec.subnet.prefix} out of ${spec.subnet.from}.`,
            "Take a longer prefix or a larger range.",
          ),
        );
      else if (pool.address !== pool.network)
        problems.push(
          inManifest(
            `${path}.subnet.from`,
            `${spec.subnet.from} has host bits set.`,
            "Write the network's own address.",
          ),
        );
    }
    if ("host" in spec) problems.push(...hostProblems(lab(manifest), name, spec.host));
  }
  if (problems.length > 0) return problems;
  try {
    for (const seed of sampleSeeds) drawParameters(manifest, seed);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const name = String(error.details.parameter ?? "");
    problems.push(inManifest(name ? `parameters.${name}` : "parameters", error.message, ""));
  }
  return problems;
}

const lab = (manifest: Lab["manifest"]) => manifest.parameters;

function hostProblems(
  parameters: Lab["manifest"]["parameters"],
  name: string,
  host: { of: string; index: number | { min: number; max: number } },
): LabProblem[] {
  const path = `parameters.${name}.host`;
  const target = Object.hasOwn(parameters, host.of) ? parameters[host.of] : undefined;
  if (!target || !("subnet" in target))
    return [
      inManifest(
        `${path}.of`,
        `"${host.of}" is no subnet parameter.`,
        "Name one of the lab's subnet parameters.",
      ),
    ];
  const last = cidrSize(target.subnet.prefix) - 2;
  const { min, max } = typeof host.index === "number" ? { min: host.index, max: host.index } : host.index;
  if (min < 1 || max > last || min > max)
    return [
      inManifest(
        `${path}.index`,
        `is not within 1 and ${last}, the hosts of a /${target.subnet.prefix}.`,
        "Choose indices inside.",
      ),
    ];
  return [];
}

/** Every template of the lab with the place it stands in. */
function templatesOf({ manifest, files, setup }: Lab): { file: string; path: string; text: string }[] {
  const { network, nodes, cluster, otherClusters, questions } = manifest;
  return [
    ...stringsOf({ network, nodes, cluster, otherClusters, questions }).map(({ path, text }) => ({
      file: "lab.yaml",
      path: formatPath(path.map((step) => (/^\d+$/.test(step) ? Number(step) : step))),
      text,
    })),
    ...questions.map(({ file }) => ({
      file: `questions/${file}`,
      path: "",
      text: files[`questions/${file}`] ?? "",
    })),
    ...setup.map(({ name, content }) => ({ file: `setup/${name}`, path: "", text: content })),
    ...Object.entries(files)
      .filter(([file]) => file === "solution.sh" || file.startsWith("mistakes/"))
      .map(([file, text]) => ({ file, path: "", text })),
  ];
}

function findTemplateProblems(lab: Lab): LabProblem[] {
  const declared = new Set(Object.keys(lab.manifest.parameters));
  return templatesOf(lab).flatMap(({ file, path, text }) =>
    templateParameters(text)
      .filter((name) => !declared.has(name))
      .map((name) => ({
        file,
        ...(file === "lab.yaml" ? {} : { line: lineOf(text, name) }),
        path,
        problem: `uses {{${name}}}, which is no parameter of the lab.`,
        remedy: `Declare it below parameters, or write \\{{${name}}} for the text itself.`,
      })),
  );
}

function lineOf(text: string, parameter: string): number {
  const before = text.slice(0, text.search(new RegExp(`\\{\\{\\s*${parameter}\\s*\\}\\}`)));
  return before.split("\n").length;
}

function findGuardProblems({ manifest }: Lab): LabProblem[] {
  const names = manifest.nodes.map((node) => node.name);
  return manifest.questions.flatMap((question, index) =>
    question.kind === "task" && question.node !== undefined && !names.includes(question.node)
      ? [
          inManifest(
            `questions[${index}].node`,
            `names ${question.node}, which is no node of the lab.`,
            `Choose of ${names.join(", ")}.`,
          ),
        ]
      : [],
  );
}

function findSampleProblems(lab: Lab): LabProblem[] {
  const problems = new Map<string, LabProblem>();
  for (const seed of sampleSeeds) {
    const parameters = drawParameters(lab.manifest, seed);
    try {
      const { network, cluster } = resolveEnvironment(lab, parameters);
      const pods = parseCidr(cluster.podCidr)!;
      if (cidrContains(pods, parseCidr(network.cidr)!.network))
        problems.set(
          "podCidr",
          inManifest("cluster.podCidr", "holds the nodes' own network.", "Keep them apart."),
        );
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      for (const found of error.details.problems as LabProblem[])
        problems.set(found.path + found.problem, found);
    }
    lab.manifest.questions.forEach((question, index) => {
      if (question.kind !== "choice") return;
      const options = question.options.map((option) => renderTemplate(option, parameters).trim());
      if (new Set(options).size < options.length || options.includes(""))
        problems.set(
          question.id,
          inManifest(
            `questions[${index}].options`,
            "can come out equal or empty.",
            "Make each option different in every attempt.",
          ),
        );
    });
  }
  return [...problems.values()];
}
