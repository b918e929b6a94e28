/** The script's exit code when no namespace of the node holds the pod's address. */
export const noNetworkExitCode = 125;

/**
 * Finds the namespace by the pod's address, and runs the command there. `ip netns exec` has a mount namespace of its
 * own, so that the pod's resolv.conf can be laid over the node's for this command only.
 */
const script = `
for path in /var/run/netns/*; do
  name=\${path##*/}
  case $(ip -netns "$name" -4 -oneline address show 2>/dev/null) in
    *" inet $1/"*) ;;
    *) continue ;;
  esac
  resolver=$2
  shift 2
  exec ip netns exec "$name" sh -c '
    file=$(mktemp) && printf %s "$0" > "$file" && mount --bind "$file" /etc/resolv.conf
    rm -f "$file"
    exec "$@"' "$resolver" "$@"
done
exit ${noNetworkExitCode}`;

/** The command for a node that runs `argv` with the node's programs in the network of the pod at `podIp`. */
export function inPodNetwork(podIp: string, resolvConf: string, argv: string[]): string[] {
  return ["sh", "-c", script, "sh", podIp, resolvConf, ...argv];
}
