import { AppError } from "@/lib/core/app-error";
import {
  labEnvironment,
  type LabEnvironment,
  type NodeRole,
  type SetupStep,
} from "@/lib/contract/environment";
import type { ParameterValues } from "@/lib/contract/fields";
import { cidrsOverlap, formatCidr, isHostAddress, parseCidr, parseIpv4, type Cidr } from "./ipv4";
import { faultScript, nodeOfFault } from "./faults/fault-script";
import { readFaults } from "./faults/read-faults";
import { formatProblem, type Lab, type LabProblem, type SetupFile } from "./lab";
import { formatPath } from "./read-manifest";
import { renderDeep, renderTemplate } from "./render-template";

/**
 * The environment of one attempt: lab.yaml and setup/ with the parameters filled in.
 * Throws `invalid` (with `details.problems`) when what comes out is no sound cluster: addresses outside the network,
 * equal names, addresses or MACs, overlapping CIDRs, no control plane.
 */
export function resolveEnvironment(lab: Lab, parameters: ParameterValues): LabEnvironment {
  const { network, nodes, cluster, otherClusters } = lab.manifest;
  const rendered = renderDeep({ network, nodes, cluster, otherClusters }, parameters);
  const setup = lab.setup.map((file) => setupSteps(file, parameters, rendered.nodes));
  const parsed = labEnvironment.safeParse({
    ...rendered,
    setup: setup.flatMap(({ steps }) => steps),
  });
  const problems = parsed.success
    ? [...setup.flatMap((one) => one.problems), ...findEnvironmentProblems(parsed.data)]
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

function setupSteps(
  { name, kind, content, node }: SetupFile,
  parameters: ParameterValues,
  nodes: Lab["manifest"]["nodes"],
): { steps: SetupStep[]; problems: LabProblem[] } {
  const text = renderTemplate(content, parameters);
  if (kind !== "faults") {
    const on = node === undefined ? {} : { node: renderTemplate(node, parameters) };
    return { steps: [{ name, kind, content: text, ...on }], problems: [] };
  }
  const { faults, problems } = readFaults(name, text);
  const steps = faults.map((fault, index): SetupStep => {
    const controlPlane = controlPlaneOf(nodes, fault.node);
    return {
      name: `${name}:${String(index).padStart(2, "0")}`,
      kind: "script",
      content: faultScript(fault, controlPlane),
      node: nodeOfFault(fault, controlPlane),
    };
  });
  return { steps, problems };
}

/** Of the cluster that the node belongs to; the first one's without a node. */
function controlPlaneOf(nodes: Lab["manifest"]["nodes"], name: string | undefined): string {
  const cluster = nodes.find((node) => node.name === name)?.cluster;
  const own = nodes.find((node) => node.role === "control-plane" && node.cluster === cluster);
  return (own ?? nodes[0]!).name;
}

function inManifest(path: string, problem: string, remedy = "Correct it in lab.yaml."): LabProblem {
  return { file: "lab.yaml", path, problem, remedy };
}

function findEnvironmentProblems(environment: LabEnvironment): LabProblem[] {
  const { network, nodes, cluster, otherClusters, setup } = environment;
  const problems: LabProblem[] = [];
  const net = parseCidr(network.cidr)!;
  const gateway = parseIpv4(network.gateway)!;
  if (net.address !== net.network)
    problems.push(
      inManifest("network.cidr", `${network.cidr} has host bits set.`, `Write ${formatCidr(net)}.`),
    );
  if (!isHostAddress(net, gateway))
    problems.push(inManifest("network.gateway", `${network.gateway} is no host of ${network.cidr}.`));
  const names = [cluster.name, ...otherClusters.map(({ name }) => name)];
  const hasCluster = !nodes.every(({ role }) => role === "docker");
  for (const { name, kind } of setup)
    if (!hasCluster && kind === "manifest")
      problems.push({
        file: `setup/${name}`,
        path: "",
        problem: "is for a cluster, and the lab has none.",
        remedy: "Give a node the role control-plane, or remove the file.",
      });
  for (const name of hasCluster || cluster.addons.length > 0 ? names : [])
    if (!nodes.some((node) => node.role === "control-plane" && (node.cluster ?? cluster.name) === name))
      problems.push(
        inManifest(
          "nodes",
          names.length === 1 ? "none is a control plane." : `none is the control plane of ${name}.`,
          "Give one the role control-plane.",
        ),
      );
  if (new Set(names).size < names.length)
    problems.push(inManifest("otherClusters", "has two clusters of one name.", "Make them differ."));
  nodes.forEach((node, index) => {
    if (node.cluster !== undefined && (isOfNone(node.role) || !names.includes(node.cluster)))
      problems.push(
        inManifest(
          `nodes[${index}].cluster`,
          isOfNone(node.role)
            ? `is no key of a ${node.role === "base" ? "base" : "Docker host"}.`
            : `names ${node.cluster}, which is no cluster of the lab.`,
          isOfNone(node.role) ? "Remove it: the node is of no cluster." : `Choose of ${names.join(", ")}.`,
        ),
      );
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
  if (hasCluster)
    problems.push(
      ...overlaps([
        ["network.cidr", net],
        ["cluster.podCidr", parseCidr(cluster.podCidr)!],
        ["cluster.serviceCidr", parseCidr(cluster.serviceCidr)!],
        ...otherClusters.flatMap(({ podCidr, serviceCidr }, index): [string, Cidr][] => [
          [`otherClusters[${index}].podCidr`, parseCidr(podCidr)!],
          [`otherClusters[${index}].serviceCidr`, parseCidr(serviceCidr)!],
        ]),
      ]),
    );
  for (const step of setup)
    if (step.node !== undefined && !nodes.some((node) => node.name === step.node))
      problems.push({
        file: `setup/${step.name.replace(/:\d+$/, "")}`,
        path: "",
        problem: `runs on ${step.node}, which is no node of the lab.`,
        remedy: step.name.includes(":") ? "Correct the fault's node." : 'Correct its "# node:" line.',
      });
  return problems;
}

function isOfNone(role: NodeRole): boolean {
  return role === "base" || role === "docker";
}

function overlaps(ranges: [string, Cidr][]): LabProblem[] {
  return ranges.flatMap(([path, cidr], index) =>
    ranges
      .slice(0, index)
      .filter(([, other]) => cidrsOverlap(cidr, other))
      .map(([other]) => inManifest(path, `${formatCidr(cidr)} overlaps ${other}.`, "Keep them apart.")),
  );
}
