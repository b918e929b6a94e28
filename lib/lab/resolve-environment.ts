import { AppError } from "@/lib/core/app-error";
import { labEnvironment, type LabEnvironment } from "@/lib/contract/environment";
import type { ParameterValues } from "@/lib/contract/fields";
import { cidrsOverlap, formatCidr, isHostAddress, parseCidr, parseIpv4, type Cidr } from "./ipv4";
import { formatProblem, type Lab, type LabProblem } from "./lab";
import { formatPath } from "./read-manifest";
import { renderDeep, renderTemplate } from "./render-template";

/**
 * The environment of one attempt: lab.yaml and setup/ with the parameters filled in.
 * Throws `invalid` (with `details.problems`) when what comes out is no sound cluster: addresses outside the network,
 * equal names, addresses or MACs, overlapping CIDRs, no control plane.
 */
export function resolveEnvironment(lab: Lab, parameters: ParameterValues): LabEnvironment {
  const { network, nodes, cluster } = renderDeep(
    { network: lab.manifest.network, nodes: lab.manifest.nodes, cluster: lab.manifest.cluster },
    parameters,
  );
  const parsed = labEnvironment.safeParse({
    network,
    nodes,
    cluster,
    setup: lab.setup.map(({ name, kind, content, node }) => ({
      name,
      kind,
      content: renderTemplate(content, parameters),
      ...(kind === "script"
        ? { node: node === undefined ? firstControlPlane(nodes) : renderTemplate(node, parameters) }
        : {}),
    })),
  });
  const problems = parsed.success
    ? findEnvironmentProblems(parsed.data)
    : parsed.error.issues.map((issue) => inManifest(formatPath(issue.path), `${issue.message}.`));
  if (parsed.success && problems.length === 0) return parsed.data;
  throw new AppError(
    "invalid",
    `The lab's environment does not hold:\n${problems.map(formatProblem).join("\n")}`,
    {
      details: { problems },
    },
  );
}

function firstControlPlane(nodes: { name: string; role: string }[]): string {
  return (nodes.find((node) => node.role === "control-plane") ?? nodes[0]!).name;
}

function inManifest(path: string, problem: string, remedy = "Correct it in lab.yaml."): LabProblem {
  return { file: "lab.yaml", path, problem, remedy };
}

function findEnvironmentProblems({ network, nodes, cluster, setup }: LabEnvironment): LabProblem[] {
  const problems: LabProblem[] = [];
  const net = parseCidr(network.cidr)!;
  const gateway = parseIpv4(network.gateway)!;
  if (net.address !== net.network)
    problems.push(
      inManifest("network.cidr", `${network.cidr} has host bits set.`, `Write ${formatCidr(net)}.`),
    );
  if (!isHostAddress(net, gateway))
    problems.push(inManifest("network.gateway", `${network.gateway} is no host of ${network.cidr}.`));
  if (!nodes.some((node) => node.role === "control-plane"))
    problems.push(inManifest("nodes", "none is a control plane.", "Give one the role control-plane."));
  nodes.forEach((node, index) => {
    const address = parseCidr(node.address)!;
    if (address.prefix !== net.prefix || !isHostAddress(net, address.address))
      problems.push(
        inManifest(
          `nodes[${index}].address`,
          `${node.address} is no host of ${network.cidr}.`,
          `Use an address of it with /${net.prefix}.`,
        ),
      );
    if (address.address === gateway)
      problems.push(
        inManifest(`nodes[${index}].address`, `${node.address} is the gateway's.`, "Choose another."),
      );
  });
  for (const key of ["name", "mac", "address"] as const) {
    nodes.forEach((node, index) => {
      if (nodes.findIndex((other) => other[key] === node[key]) < index)
        problems.push(
          inManifest(`nodes[${index}].${key}`, `${node[key]} is another node's too.`, "Make them differ."),
        );
    });
  }
  problems.push(
    ...overlaps([
      ["network.cidr", net],
      ["cluster.podCidr", parseCidr(cluster.podCidr)!],
      ["cluster.serviceCidr", parseCidr(cluster.serviceCidr)!],
    ]),
  );
  for (const step of setup)
    if (step.node !== undefined && !nodes.some((node) => node.name === step.node))
      problems.push({
        file: `setup/${step.name}`,
        path: "",
        problem: `runs on ${step.node}, which is no node of the lab.`,
        remedy: 'Correct its "# node:" line.',
      });
  return problems;
}

function overlaps(ranges: [string, Cidr][]): LabProblem[] {
  return ranges.flatMap(([path, cidr], index) =>
    ranges
      .slice(0, index)
      .filter(([, other]) => cidrsOverlap(cidr, other))
      .map(([other]) => inManifest(path, `${formatCidr(cidr)} overlaps ${other}.`, "Keep the three apart.")),
  );
}
