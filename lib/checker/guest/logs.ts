import type { CheckContext, ObjectRef } from "./context";

const charsMax = 200_000;
const script = 'cat "$1"/*.log 2>/dev/null | tail -c "$2"';

/**
 * What a container has written, former ones of the same pod included as far as its node keeps them: the end of it, read from the files
 * behind `kubectl logs`. "" when it has written nothing; a pod that is not there is a failed check.
 */
export async function podLogs(
  t: CheckContext,
  { namespace, name }: Required<ObjectRef>,
  container?: string,
): Promise<string> {
  const { spec, metadata } = await t.mustGet("Pod", { namespace, name });
  const which = container ?? spec.containers[0]!.name;
  let text = "";
  if (spec.nodeName) {
    const folder = `/var/log/pods/${namespace}_${name}_${metadata.uid}/${which}`;
    const place = t.node(spec.nodeName);
    text = (await place.exec(["sh", "-c", script, "sh", folder, String(charsMax)])).stdout;
  }
  t.ledger.lastSource = `kubectl logs -n ${namespace} ${name} -c ${which}`;
  return plainLog(text);
}

/** Lines of the CRI's log format ("TIME stdout F text"; P is a part of a line) as they were written. */
export function plainLog(text: string): string {
  return text
    .split("\n")
    .map((line) => {
      const match = /^\S+ (?:stdout|stderr) ([FP]) ?(.*)$/.exec(line);
      if (!match) return line === "" ? "" : `${line}\n`;
      return match[1] === "P" ? match[2]! : `${match[2]}\n`;
    })
    .join("");
}
