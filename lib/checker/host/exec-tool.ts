import type { CheckProbe, ExecValue, PlaceRef, ProbeCommand } from "../check-probe";

/** Shells exit with 126 or 127 when there is no such program; container runtimes say so in words. */
function isMissing({ exitCode, stderr }: ExecValue): boolean {
  return (
    exitCode === 126 || exitCode === 127 || (exitCode !== 0 && /executable file .* not found/.test(stderr))
  );
}

/** Runs curl or dig where asked; in a container that has no such program, in its network with the node's. */
export async function execTool(
  probe: CheckProbe,
  place: PlaceRef,
  command: ProbeCommand,
): Promise<ExecValue> {
  const result = await probe.exec(place, command);
  return isMissing(result) && "pod" in place ? probe.execInPodNetwork(place, command) : result;
}
