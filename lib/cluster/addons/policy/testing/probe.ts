import type { AddonLab } from "@/lib/cluster/addons/testing";
import type { Connection } from "./world";

/** Answers every TCP connection and every datagram on some ports of a network namespace with one line. */
const server = `
use IO::Select; use Socket;
my $all = IO::Select->new; my %udp;
for my $port (@ARGV) {
  my ($t, $u);
  socket($t, PF_INET, SOCK_STREAM, 0) && setsockopt($t, SOL_SOCKET, SO_REUSEADDR, 1) &&
    bind($t, sockaddr_in($port, INADDR_ANY)) && listen($t, 64) or die "tcp $port: $!";
  socket($u, PF_INET, SOCK_DGRAM, 0) && bind($u, sockaddr_in($port, INADDR_ANY)) or die "udp $port: $!";
  $all->add($t, $u); $udp{$u} = 1;
}
while (1) {
  for my $socket ($all->can_read) {
    if ($udp{$socket}) { my $peer = recv($socket, my $text, 512, 0); send($socket, "ok", 0, $peer) if defined $peer }
    else { accept(my $one, $socket) && close $one }
  }
}`;

/** Tries all connections of its arguments (protocol:address:port) at once; prints those that were answered in time. */
const client = `
use IO::Select; use Socket; use Fcntl; use Time::HiRes "time";
my ($write, $read, %what) = (IO::Select->new, IO::Select->new);
for my $try (@ARGV) {
  my ($protocol, $address, $port) = split /:/, $try;
  socket(my $s, PF_INET, $protocol eq "tcp" ? SOCK_STREAM : SOCK_DGRAM, 0) or die $!;
  fcntl($s, F_SETFL, O_NONBLOCK);
  connect($s, sockaddr_in($port, inet_aton($address)));
  $what{$s} = $try;
  if ($protocol eq "tcp") { $write->add($s) } else { send($s, "hello", 0); $read->add($s) }
}
my $until = time + 0.6;
while ((my $left = $until - time) > 0 && $write->count + $read->count) {
  my ($r, $w) = IO::Select::select($read, $write, undef, $left);
  for my $s (@{ $w || [] }) {
    my $error = unpack "i", getsockopt($s, SOL_SOCKET, SO_ERROR);
    print "$what{$s}\\n" if $error == 0; $write->remove($s);
  }
  for my $s (@{ $r || [] }) { print "$what{$s}\\n" if defined recv($s, my $text, 512, 0); $read->remove($s) }
}`;

/** Where a pod's network is: its node, and the namespace there that has its address. */
export interface ProbedPod {
  node: string;
  ip: string;
  netns: string;
}

const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
const inside = ({ netns }: ProbedPod, script: string, args: string[]) =>
  `nsenter --net=/var/run/netns/${netns} perl -e ${quote(script)} ${args.join(" ")}`;

/** Finds each pod's namespace and serves `ports` there. */
export async function servePods(
  lab: AddonLab,
  pods: { node: string; ip: string }[],
  ports: number[],
): Promise<ProbedPod[]> {
  const found: ProbedPod[] = [];
  for (const [node, some] of byNode(pods)) {
    const shown = await lab.run(
      `for ns in $(ip netns list | cut -d' ' -f1); do echo "$ns $(ip -n $ns -4 -br address show eth0 | awk '{print $3}')"; done`,
      node,
    );
    const mine = some.map((pod) => ({
      ...pod,
      netns: new RegExp(`^(\\S+) ${pod.ip}/`, "m").exec(shown)![1]!,
    }));
    await lab.run(
      mine
        .map((pod) => `setsid ${inside(pod, server, ports.map(String))} </dev/null >/dev/null 2>&1 &`)
        .join("\n"),
      node,
    );
    found.push(...mine);
  }
  return found;
}

/** Those of the connections from pods, each tried once with real packets, that were answered. */
export async function answered(
  lab: AddonLab,
  pods: ProbedPod[],
  connections: Connection[],
): Promise<Set<Connection>> {
  const outcomes = await Promise.all(
    [...byNode(pods)].map(async ([node, some]) => {
      const script = some.map((pod) => {
        const tries = connections.filter(({ from }) => from === pod.ip).map(textOf);
        return `${inside(pod, client, tries)} | sed 's/^/${pod.ip} /' &`;
      });
      return lab.run([...script, "wait"].join("\n"), node);
    }),
  );
  const seen = new Set(outcomes.flatMap((text) => text.split("\n")));
  return new Set(connections.filter((one) => seen.has(`${one.from} ${textOf(one)}`)));
}

function textOf({ protocol, to, port }: Connection): string {
  return `${protocol}:${to}:${port}`;
}

function byNode<T extends { node: string }>(pods: T[]): [string, T[]][] {
  return [...new Set(pods.map(({ node }) => node))].map((node) => [
    node,
    pods.filter((pod) => pod.node === node),
  ]);
}
