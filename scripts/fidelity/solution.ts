import { edited, editIn, isFragment, isReplacement, replaced, told } from "./edit";
import type { Block } from "./markdown";

const isSolution = (text: string) => /solution|answer|\bfix\b/i.test(text);
/** Begins as something that a shell runs, not as output of it; some call such a block yaml. */
const command =
  /^\s*(sudo |[A-Z_a-z]+=|(kubectl|k|helm|cat|echo|curl|export|mkdir|cp|mv|rm|sed|awk|grep|for|if|while|until|ssh|touch|tee|openssl|dig|nslookup|iptables|ip|systemctl|cd|set|alias|source|printf|sleep|wget|base64|crictl|chmod|ls)\b)/;
/** Asks for a person, or never ends. */
const interactive =
  /^\s*(sudo )?((kubectl|k) .*\bedit\b|(kubectl|k) (.*\s)?port-forward\b(?!.*&\s*$)|vim?\b|nano\b|watch\b|less\b|exit\s*$|(kubectl|k) .*\s(-w|--watch)\b|(kubectl|k) (.*\s)?logs (.*\s)?(-f|--follow)\b(?!.*&\s*$)|(kubectl|k) .*(exec|run).*-it?\b.*--\s+(ba|a)?sh\s*$)/;
const changes =
  /\b(apply|create|expose|run|edit|patch|set|delete|label|annotate|replace|scale|rollout|helm|sed|tee|taint|autoscale)\b|>/;
const manifestName = /\s(?:-f|--filename)[= ]?([^\s|<>&;-][^\s|<>&;]*\.ya?ml)/g;

/** A person's shell: the alias that everybody has, and the pace of somebody who reads before the next command. */
export const preamble =
  "shopt -s expand_aliases\nalias k=kubectl\ntrap '[[ $BASH_COMMAND == @(read|eval)* ]] || sleep 1' DEBUG";

/** The blocks that a lab's text calls its solution; without such a mark those that a click runs, else all. */
export function solutionBlocks(blocks: Block[]): Block[] {
  const runs = (block: Block) => isManifest(block) || isShell(block);
  const isPart = (block: Block, index: number) =>
    !runs(block) && [index, index + 1].some((at) => blocks[at] && isReplacement(blocks[at], blocks[at - 1]));
  const usable = blocks.filter((block, index) => runs(block) || isFragment(block) || isPart(block, index));
  const candidates = [
    usable.filter(({ summaries }) => summaries.some(isSolution)),
    usable.filter(({ headings }) => headings.some(isSolution)),
    usable.filter((block) => block.isRun || isManifest(block)),
    usable,
  ];
  return (
    candidates.find((some) =>
      some.some((block) => isManifest(block) || (isShell(block) && changes.test(block.text))),
    ) ?? usable
  );
}

/**
 * One script that does what the blocks say. A manifest goes into the file that the commands after it name, or is applied;
 * what needs an editor is left out, its manifest says the outcome.
 */
export function scriptOf(blocks: Block[]): string {
  const parts = [preamble];
  let pending: string[] = [];
  let edit: string | undefined;
  let shown: Block | undefined;
  for (const block of blocks) {
    if (isManifest(block)) {
      pending.push(block.text);
      continue;
    }
    if (!isShell(block)) {
      if (edit !== undefined)
        parts.push(
          (isReplacement(block, shown) ? replaced(edit, shown!.text, block.text) : edited(edit, block)) ?? "",
        );
      shown = block;
      continue;
    }
    if (edit !== undefined) parts.push(told(edit, block) ?? "");
    edit = editIn(block.text) ?? edit;
    const names = [...block.text.matchAll(manifestName)]
      .map(([, name]) => name!)
      .filter((name) => !name.includes("://"));
    const written = new Set([...block.text.matchAll(/>\s*(\S+\.ya?ml)/g)].map(([, name]) => name));
    const wanted = [...new Set(names)].filter((name) => !written.has(name));
    pending.forEach((manifest, index) => {
      const name = wanted[Math.min(index, wanted.length - 1)];
      parts.push(
        name === undefined
          ? heredoc("kubectl apply -f -", manifest)
          : heredoc(`tee ${index < wanted.length ? "" : "-a "}${name} >/dev/null`, manifest),
      );
    });
    pending = [];
    parts.push(part(shellLines(block.text)));
  }
  for (const manifest of pending) parts.push(heredoc("kubectl apply -f -", manifest));
  return `${parts.join("\n")}\n`;
}

/** The lines of a shell block without prompts and without what waits for a person. */
export function shellLines(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.replace(/^\s*\$ /, ""))
    .filter((line) => !interactive.test(line))
    .map(withNames);
}

const named =
  /^(\s*(?:sudo )?(?:kubectl|k)\s(?:.*\s)?(?:get|describe|delete|label|annotate|patch|scale|expose)\s(?:.*\s)?)([a-z][a-z.]+)(\s+|\/)<[\w -]+>/;
const pod = /^(\s*(?:sudo )?(?:kubectl|k)\s(?:.*\s)?(?:exec|logs)\s(?:.*\s)?)<[\w -]+>/;

/** "kubectl delete pod <name>": a person puts the name of the pod there that is meant; here it is the first one. */
function withNames(line: string): string {
  const namespace = /\s(?:-n|--namespace)[ =]([\w-]+)/.exec(line)?.[1];
  const first = (type: string) =>
    `$(kubectl get ${type}${namespace === undefined ? "" : ` -n ${namespace}`} -o jsonpath='{.items[0].metadata.name}')`;
  return line
    .replace(pod, (_, before: string) => `${before}${first("pod")}`)
    .replace(named, (_, before: string, type: string, gap: string) => `${before}${type}${gap}${first(type)}`);
}

function isManifest({ language, text }: Block): boolean {
  return !isShell({ language, text }) && /^apiVersion:/m.test(text) && /^kind:/m.test(text);
}

function isShell({ language, text }: Pick<Block, "language" | "text">): boolean {
  if (["json", "output", "diff"].includes(language)) return false;
  const first = text.split("\n").find((line) => line.trim() !== "" && !line.trim().startsWith("#"));
  return first !== undefined && command.test(first.replace(/^\s*\$ /, ""));
}

/** A block of its own: output that an author has left in it ends only that. */
function part(lines: string[]): string {
  const mark = `END_OF_PART_${(count += 1)}`;
  return `read -r -d '' part <<'${mark}'\n${lines.join("\n")}\n${mark}\neval "$part"`;
}

let count = 0;
function heredoc(into: string, text: string): string {
  const mark = `END_OF_MANIFEST_${(count += 1)}`;
  return `${into} <<'${mark}'\n${text}\n---\n${mark}`;
}
