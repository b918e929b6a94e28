import { afterAll, beforeAll, expect, test } from "vitest";
import type { LabEnvironmentInput } from "@/lib/contract/environment";
import { startReadyLab, startTestClusterd, type TestClusterd, untilSettled } from "./testing";

const labId = "lab-docker";
const ip = { dock01: "10.77.3.10", dock02: "10.77.3.11" };

const environment: LabEnvironmentInput = {
  network: { cidr: "10.77.3.0/24", gateway: "10.77.3.1" },
  nodes: (["dock01", "dock02"] as const).map((name, index) => ({
    ...{ name, role: "docker" as const, interface: "eth0", address: `${ip[name]}/24` },
    mac: `02:42:0a:4d:03:0${index + 1}`,
  })),
  cluster: { podCidr: "10.244.0.0/16", serviceCidr: "10.96.0.0/12" },
};

let clusterd: TestClusterd;

beforeAll(async () => {
  clusterd = await startTestClusterd();
  await startReadyLab(clusterd.client, labId, environment);
}, 400_000);
afterAll(() => clusterd?.close(), 300_000);

async function sh(command: string, node: keyof typeof ip = "dock01") {
  const argv = ["bash", "-c", command];
  const { exitCode, stdout, stderr } = await clusterd.client.call("lab.exec", { labId, node, argv });
  return { exitCode, stdout: stdout.trimEnd(), stderr: stderr.trimEnd() };
}

/** Its output; it must succeed. */
async function out(command: string, node: keyof typeof ip = "dock01"): Promise<string> {
  const { exitCode, stdout, stderr } = await sh(command, node);
  if (exitCode !== 0) throw new Error(`${command}: ${exitCode}: ${stderr || stdout}`);
  return stdout;
}

/** The exit code and what it said on stderr. */
async function refused(command: string): Promise<[number, string]> {
  const { exitCode, stderr } = await sh(command);
  return [exitCode, stderr.split("\n\n")[0]!];
}

const page = (url: string) => `curl -s -o /dev/null -m 3 -w '%{http_code}' ${url}`;

test("a Docker host has its engine, its three networks and docker0, and nothing of Kubernetes", async () => {
  expect(await out("docker network ls --format '{{.Name}} {{.Driver}} {{.Scope}}'")).toBe(
    "bridge bridge local\nhost host local\nnone null local",
  );
  expect(await out("docker network ls")).toMatch(
    /^NETWORK ID {5}NAME {6}DRIVER {4}SCOPE\n[0-9a-f]{12} {3}bridge/,
  );
  expect(await out("ip -4 -br address show docker0")).toMatch(/172\.17\.0\.1\/16/);
  expect(await out("systemctl status docker")).toMatch(
    /Loaded: loaded.*enabled[\s\S]*Active: active \(running\)/,
  );
  expect(
    await out(
      "docker version -f '{{.Server.Version}}'; curl -s --unix-socket /var/run/docker.sock http://d/_ping",
    ),
  ).toMatch(/^\d+\.\d+\.\d+\nOK$/);
  expect(await out("journalctl -u docker -o cat")).toContain("Daemon has completed initialization");
  expect((await sh("kubectl version --client")).exitCode).toBe(127);
  expect(await out("iptables-save -t nat | grep -E '^-A (PREROUTING|POSTROUTING|OUTPUT|DOCKER)'")).toBe(
    [
      "-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER",
      "-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER",
      "-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE",
      "-A DOCKER -i docker0 -j RETURN",
    ].join("\n"),
  );
  expect(await out("iptables -S FORWARD")).toBe(
    [
      "-P FORWARD DROP",
      "-A FORWARD -j DOCKER-USER",
      "-A FORWARD -j DOCKER-ISOLATION-STAGE-1",
      "-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
      "-A FORWARD -o docker0 -j DOCKER",
      "-A FORWARD -i docker0 ! -o docker0 -j ACCEPT",
      "-A FORWARD -i docker0 -o docker0 -j ACCEPT",
    ].join("\n"),
  );
});

test("a container has a namespace, a cable to docker0 and an address that its host reaches and others do not", async () => {
  const { stdout: id, stderr } = await sh("docker run -d --name web nginx");
  expect(id).toMatch(/^[0-9a-f]{64}$/);
  expect(stderr).toMatch(
    /^Unable to find image 'nginx:latest' locally\nlatest: Pulling from library\/nginx\n[\s\S]*Status: Downloaded newer image for nginx:latest$/,
  );
  const address = await out("docker inspect -f '{{.NetworkSettings.IPAddress}}' web");
  expect(address).toBe("172.17.0.2");
  expect(
    await out(
      "docker inspect -f '{{range .NetworkSettings.Networks}}{{.Gateway}} {{.MacAddress}}{{end}}' web",
    ),
  ).toBe("172.17.0.1 02:42:ac:11:00:02");
  const netns = await out("basename $(docker inspect -f '{{.NetworkSettings.SandboxKey}}' web)");
  expect(await out("ip netns")).toContain(netns);
  expect(await out(`ip netns exec ${netns} ip -4 -br address show eth0`)).toContain(`${address}/16`);
  expect(await out("ip -br link show master docker0")).toMatch(/^veth[0-9a-f]{7}@if\d+ +UP/);
  expect(
    await out(
      "docker exec web ip route 2>/dev/null || nsenter -t $(docker inspect -f '{{.State.Pid}}' web) -n ip route",
    ),
  ).toContain("default via 172.17.0.1 dev eth0");
  await expect.poll(() => out(page(`http://${address}:80`))).toBe("200");
  expect(await out(`ping -c 1 -W 2 ${address}`)).toContain("1 received");
  expect((await sh(`curl -sv -m 8 http://${address}`, "dock02")).stderr).toContain("No route to host");
  // Not by a route of one's own either: nothing lets it through.
  await out(`ip route replace ${address}/32 via ${ip.dock01}`, "dock02");
  expect((await sh(`curl -s -m 2 http://${address}`, "dock02")).exitCode).not.toBe(0);
  await out(`ip route delete ${address}/32`, "dock02");
  expect(await out("docker ps --format '{{.Image}}|{{.Ports}}|{{.Names}}|{{.Status}}'")).toMatch(
    /^nginx\|80\/tcp\|web\|Up /,
  );
});

test("a published port is reached from outside, on the loopback and through the chains of iptables", async () => {
  await out("docker run -d --name shop -p 8080:80 -p 127.0.0.1:8443:80 httpd");
  const address = await out("docker inspect -f '{{.NetworkSettings.IPAddress}}' shop");
  await expect.poll(() => out(page(`http://${address}`))).toBe("200");
  expect(await out(page(`http://${ip.dock01}:8080`), "dock02")).toBe("200");
  expect(await out(page("http://127.0.0.1:8080"))).toBe("200");
  expect(await out(page(`http://${ip.dock01}:8080`))).toBe("200");
  expect((await sh(page(`http://${ip.dock01}:8443`), "dock02")).exitCode).not.toBe(0);
  expect(await out("docker port shop")).toBe(
    "80/tcp -> 0.0.0.0:8080\n80/tcp -> [::]:8080\n80/tcp -> 127.0.0.1:8443",
  );
  expect(await out("ss -ltnp 'sport = :8080'")).toMatch(/0\.0\.0\.0:8080 .*docker-proxy/);
  expect(await out("iptables-save | grep 8080")).toBe(
    `-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination ${address}:80`,
  );
  expect(await out("iptables -S DOCKER")).toContain(
    `-A DOCKER -d ${address}/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT`,
  );
  expect(await refused("docker run -d --name late -p 8080:80 nginx")).toEqual([
    125,
    expect.stringMatching(
      /^docker: Error response from daemon: driver failed programming external connectivity on endpoint late \([0-9a-f]{64}\): Bind for 0\.0\.0\.0:8080 failed: port is already allocated\.\nSee 'docker run --help'\.$/,
    ),
  ]);
  expect(await out("docker ps -a --filter name=late --format '{{.Status}}'")).toBe("Created");
  expect((await refused("docker run -d --name sshd -p 22:22 nginx"))[1]).toContain(
    "listen tcp4 0.0.0.0:22: bind: address already in use",
  );
  expect(await out("docker rm late sshd")).toBe("late\nsshd");
});

test("containers of a network of one's own find each other by name, others do not reach them", async () => {
  await out("docker network create --subnet 192.168.90.0/24 back");
  await out("docker run -d --name api --network back --network-alias store nginx");
  await out("docker run -d --name tools --network back nicolaka/netshoot sleep infinity");
  const api = await out("docker inspect -f '{{.NetworkSettings.Networks.back.IPAddress}}' api");
  expect(api).toBe("192.168.90.2");
  expect(await out("docker exec tools cat /etc/resolv.conf")).toContain("nameserver 127.0.0.11");
  for (const name of ["api", "store", "api.back"])
    expect(await out(`docker exec tools dig +short ${name}`)).toBe(api);
  expect(await out(`docker exec tools dig +short -x ${api}`)).toBe("api.back.");
  expect(await out("docker exec tools dig +tcp +short api")).toBe(api);
  expect(await out("docker exec tools dig +short github.com")).not.toBe("");
  await expect.poll(() => out(`docker exec tools ${page("http://api")}`)).toBe("200");
  const web = await out("docker inspect -f '{{.NetworkSettings.IPAddress}}' web");
  expect((await sh(`docker exec tools curl -s -m 2 http://${web}`)).exitCode).not.toBe(0);
  await out("docker network connect back web");
  expect(await out(`docker exec tools ${page("http://web")}`)).toBe("200");
  expect(
    await out(
      "docker network inspect -f '{{range .Containers}}{{.Name}} {{end}}' back | tr ' ' '\\n' | sort | xargs",
    ),
  ).toBe("api tools web");
  await out("docker network disconnect back web");
  expect((await sh("docker exec tools dig +short web")).stdout).toBe("");
  expect((await refused("docker network rm back"))[1]).toMatch(
    /^Error response from daemon: error while removing network: network back has active endpoints/,
  );
  expect((await refused("docker network create --subnet 192.168.90.0/25 other"))[1]).toBe(
    "Error response from daemon: invalid pool request: Pool overlaps with other one on this address space",
  );
});

test("the networks host and none", async () => {
  await out("docker run -d --name direct --network host httpd");
  await expect.poll(() => out(page(`http://${ip.dock01}:80`), "dock02")).toBe("200");
  expect(await out("docker run --rm --network none alpine ls /sys/class/net")).toBe("lo");
  await out("docker rm -f direct");
  expect((await sh(page(`http://${ip.dock01}:80`), "dock02")).exitCode).not.toBe(0);
});

test("run in the foreground, exec, logs and the ends of containers", async () => {
  expect(await sh("docker run --rm alpine sh -c 'echo out; echo err >&2; exit 3'")).toEqual({
    exitCode: 3,
    stdout: "out",
    stderr: "err",
  });
  expect(await out("echo hello | docker run --rm -i alpine cat")).toBe("hello");
  expect(await out("script -qec \"docker run --rm -it alpine tty\" /dev/null </dev/null | tr -d '\\r'")).toBe(
    "/dev/pts/0",
  );
  expect(
    await out(
      "docker run -d --name talk -e GREETING=hi -v /srv/in:/in:ro busybox sh -c 'echo $GREETING; ls /in; sleep 1000'",
    ),
  ).not.toBe("");
  expect(await out("docker exec -e WHO=me talk sh -c 'echo $GREETING $WHO $(hostname)'")).toMatch(
    /^hi me [0-9a-f]{12}$/,
  );
  await expect.poll(() => out("docker logs talk")).toBe("hi");
  expect(await out("cat $(docker inspect -f '{{.LogPath}}' talk)")).toMatch(
    /^\{"log":"hi\\n","stream":"stdout","time":"[0-9T:.-]+Z"\}$/,
  );
  expect(await refused("docker run -d --name talk busybox")).toEqual([
    125,
    expect.stringContaining('Conflict. The container name "/talk" is already in use by container "'),
  ]);
  expect((await refused("docker rm talk"))[1]).toContain(
    "container is running: stop the container before removing or force remove",
  );
  expect(
    await out("docker stop -t 0 talk && docker ps -a --filter name=talk --format '{{.Status}}'"),
  ).toMatch(/^talk\nExited \(137\) /);
  expect(await out("docker start talk && docker exec talk cat /etc/hosts | tail -1")).toMatch(
    /^talk\n172\.17\.0\.\d+\t[0-9a-f]{12}$/,
  );
  expect(await out("docker rm -f talk")).toBe("talk");
  expect(await refused("docker run nope/nope")).toEqual([
    125,
    expect.stringContaining("pull access denied for nope/nope"),
  ]);
  expect(await refused("docker run --rm alpine nope")).toEqual([
    127,
    expect.stringContaining('exec: "nope": executable file not found in $PATH'),
  ]);
  expect(await refused("docker exec web nope")).toEqual([
    127,
    expect.stringContaining('exec: "nope": executable file not found in $PATH: unknown'),
  ]);
  expect(await refused("docker inspect nothing")).toEqual([1, "Error: No such object: nothing"]);
  expect((await refused("docker stats"))[1]).toBe("docker stats is not supported in this lab.");
  expect(await refused("docker run --nope alpine")).toEqual([
    125,
    "docker: unknown flag: --nope\nSee 'docker run --help'.",
  ]);
});

test("a stopped engine stops its containers and answers nobody; started again it has what it had", async () => {
  await out("docker run -d --name steady --restart always nginx");
  await out("systemctl stop docker");
  expect(await refused("docker ps")).toEqual([
    1,
    "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
  ]);
  await out("systemctl start docker");
  await expect.poll(() => out("docker ps --format '{{.Names}}'")).toBe("steady");
  expect(await out("docker ps -a --format '{{.Names}}' | sort | xargs")).toBe("api shop steady tools web");
  await out("docker start web api shop tools");
});

test("a lab that was at rest has its containers back, under their addresses", async () => {
  const facts = () =>
    out(
      "docker ps --format '{{.Names}} {{.ID}}' | sort; docker inspect -f '{{.Name}} {{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' web api shop tools steady; docker network ls",
    );
  const before = await facts();
  await clusterd.client.call("lab.freeze", { labId });
  const status = await untilSettled(clusterd.client, clusterd.client.call("lab.thaw", { labId }));
  expect(status.phase).toBe("ready");
  expect(await facts()).toBe(before);
  await expect.poll(() => out(page(`http://${ip.dock01}:8080`), "dock02")).toBe("200");
  expect(await out("docker exec tools dig +short api")).not.toBe("");
  expect(
    await out(
      "docker rm -f $(docker ps -aq) >/dev/null; docker network rm back; ip -br link | grep -c -E 'veth|br-' || true",
    ),
  ).toBe("back\n0");
});
