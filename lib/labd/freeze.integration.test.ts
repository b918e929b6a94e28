import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestLabd, type TestLabd } from "./testing";

/** One labd for the file; each test makes a lab of one node of its own and removes it. */
let labd: TestLabd;
beforeAll(async () => {
  labd = await startTestLabd();
}, 400_000);
afterAll(() => labd.close());

const network = { cidr: "172.30.5.0/24", gateway: "172.30.5.1" };
const nodes = [{ name: "node01", interface: "eth0", address: "172.30.5.10/24", mac: "02:42:ac:1e:05:0a" }];
const conflist = JSON.stringify({
  cniVersion: "1.0.0",
  name: "testnet",
  plugins: [
    {
      type: "bridge",
      bridge: "cni0",
      isGateway: true,
      ipam: { type: "host-local", ranges: [[{ subnet: "10.244.0.0/24" }]] },
    },
  ],
});

let count = 0;
async function withSandbox(work: (sandboxId: string) => Promise<void>): Promise<void> {
  const sandboxId = `freeze-${++count}`;
  await labd.client.call("sandbox.create", { sandboxId, network, nodes });
  try {
    await work(sandboxId);
  } finally {
    await labd.client.call("sandbox.destroy", { sandboxId });
  }
}

async function bash(sandboxId: string, script: string): Promise<string> {
  const argv = ["bash", "-euc", script];
  const result = await labd.client.call("node.exec", { sandboxId, node: "node01", argv });
  if (result.exitCode !== 0) throw new Error(`${script}: ${result.exitCode} ${result.stderr}`);
  return result.stdout;
}

/** Everything about the files below a folder, but for times that the kernel keeps. */
const describeFiles = (folder: string) => `
cd ${folder}
find . -printf '%p %y %m %U:%G %s %n %T@ %l\\n' | sort
for each in "plain user.note" "setuid system.posix_acl_access" "capable security.capability"; do
  perl -e 'my ($f, $n) = @ARGV; my $b = "\\0" x 200; my $l = syscall(191, $f, $n, $b, 200); print "$f $n $l ", unpack("H*", substr($b, 0, $l)), "\\n"' $each
done
find . -type f -print0 | sort -z | xargs -0 -r sha256sum`;

const strangeFiles = `
mkdir -p /srv/odd/sub && cd /srv/odd
printf 'plain' > plain; ln plain hard; ln -s /etc/shadow link; ln -s ../../../../.. up
printf x > 'name with
newline and \\ back'; printf x > -rf; printf x > "$(printf 'bad\\xffutf8')"
truncate -s 50M sparse; printf end >> sparse
cp /bin/true capable; setcap cap_net_raw+ep capable
cp /bin/true setuid; chmod 6755 setuid; chown 1000:1001 plain; chmod 1777 sub
perl -e '$acl = pack("V(vvV)*", 2, 1,7,~0, 2,6,1000, 4,5,~0, 16,7,~0, 32,5,~0);
  syscall(188, my $p = "setuid", my $n = "system.posix_acl_access", $acl, length $acl, 0) == 0 or die "acl: $!";
  syscall(188, my $q = "plain", my $m = "user.note", my $v = "kept", 4, 0) == 0 or die "xattr: $!";'
mkfifo pipe; mknod whiteout c 0 0 || true
touch -d '2001-02-03 04:05:06.789' sub
rm /etc/motd.example 2>/dev/null || true
rm -rf /usr/share/doc/bash; rm -rf /usr/share/doc/grep && mkdir /usr/share/doc/grep && printf own > /usr/share/doc/grep/own
rm /etc/issue; mv /etc/issue.net /etc/issue.moved`;

test("thaws the files of a node as they were: links, holes, owners, attributes, deleted and replaced ones", async () => {
  await withSandbox(async (sandboxId) => {
    await bash(sandboxId, strangeFiles);
    const before = await bash(sandboxId, describeFiles("/srv/odd"));
    const identity = await bash(
      sandboxId,
      "cat /etc/machine-id /etc/ssh/ssh_host_ed25519_key.pub; ip -br -4 addr show eth0",
    );
    const { digest, sizeBytes } = await labd.client.call("sandbox.freeze", { sandboxId });
    expect(sizeBytes).toBeLessThan(1 << 20);
    expect((await labd.client.call("sandbox.get", { sandboxId })).state).toBe("frozen");
    // Another lab takes the freed uid range, so that the thawed one gets a new one.
    await withSandbox(async () => {
      await labd.client.call("sandbox.thaw", { sandboxId, digest });
      expect(await bash(sandboxId, describeFiles("/srv/odd"))).toBe(before);
      expect(
        await bash(
          sandboxId,
          "cat /etc/machine-id /etc/ssh/ssh_host_ed25519_key.pub; ip -br -4 addr show eth0",
        ),
      ).toBe(identity);
      expect(
        await bash(
          sandboxId,
          "ls /usr/share/doc/grep; ls -d /usr/share/doc/bash /etc/issue /etc/issue.net 2>&1 || true; ls /etc/issue.moved; /srv/odd/capable",
        ),
      ).toMatch(/^own\n(.*No such file or directory\n){3}\/etc\/issue\.moved\n$/);
      expect(await bash(sandboxId, "du -k /srv/odd/sparse | cut -f1")).toMatch(/^\d{1,2}\n$/);
    });
  });
});

test("pods come back with their ids, addresses and files; what had ended stays as it ended", async () => {
  await withSandbox(async (sandboxId) => {
    const node = "node01";
    const at = { sandboxId, node };
    await labd.client.call("node.writeFiles", {
      ...at,
      files: [{ path: "/etc/cni/net.d/10-test.conflist", content: Buffer.from(conflist).toString("base64") }],
    });
    for (const name of ["first", "second"])
      await labd.client.call("pod.run", {
        ...at,
        pod: { podUid: name, name, namespace: "default", hostname: name },
      });
    // A gap in the addresses: the third pod does not have the third address.
    await labd.client.call("pod.stop", { ...at, podUid: "first" });
    await labd.client.call("pod.run", {
      ...at,
      pod: { podUid: "third", name: "third", namespace: "default", hostname: "third" },
    });
    const container = (podUid: string, name: string, script: string) =>
      labd.client.call("container.start", {
        ...at,
        container: { podUid, name, image: "busybox", command: ["sh", "-c", script] },
      });
    const web = await container(
      "second",
      "web",
      "echo up; [ -e /kept ] || echo first > /kept; sleep 1000000",
    );
    const failed = await container("second", "failed", "exit 3");
    const states = async () => {
      const { pods, containers } = await labd.client.call("pod.list", at);
      return {
        pods: pods.map(({ podUid, state, ips }) => ({ podUid, state, ips })),
        containers: containers.map(({ containerId, state, exitCode, reason }) => ({
          containerId,
          state,
          exitCode,
          reason,
        })),
        ipam: await bash(
          sandboxId,
          "cd /var/lib/cni/networks/testnet && for f in *; do echo $f; cat $f; echo; done",
        ),
      };
    };
    await expect
      .poll(
        async () =>
          (await states()).containers.find(({ containerId }) => containerId === failed.containerId)?.exitCode,
      )
      .toBe(3);
    await expect
      .poll(() =>
        labd.client
          .call("container.exec", { ...at, containerId: web.containerId, argv: ["cat", "/kept"] })
          .then(({ stdout }) => stdout),
      )
      .toBe("first\n");
    await labd.client.call("container.exec", {
      ...at,
      containerId: web.containerId,
      argv: ["sh", "-c", "rm /etc/passwd; echo mine > /own"],
    });
    const before = await states();

    const { digest } = await labd.client.call("sandbox.freeze", { sandboxId });
    await labd.client.call("sandbox.thaw", { sandboxId, digest });

    expect(await states()).toEqual(before);
    const inside = await labd.client.call("container.exec", {
      ...at,
      containerId: web.containerId,
      argv: ["sh", "-c", "cat /kept /own; ls /etc/passwd; ip -4 addr show eth0; cat /etc/hosts; hostname"],
    });
    expect(inside.stdout).toMatch(
      /^first\nmine\n[^]*inet 10\.244\.0\.3\/24[^]*10\.244\.0\.3\tsecond[^]*second\n$/,
    );
    expect(inside.stderr).toContain("/etc/passwd: No such file");
    // The allocator goes on where it was.
    const fourth = await labd.client.call("pod.run", {
      ...at,
      pod: { podUid: "fourth", name: "fourth", namespace: "default", hostname: "fourth" },
    });
    expect(fourth.ips).toEqual(["10.244.0.5"]);
  });
});

test("a damaged or unknown archive is refused, one that is too large leaves the lab running", async () => {
  await withSandbox(async (sandboxId) => {
    await bash(sandboxId, "head -c 3000000 /dev/urandom > /root/noise; nohup sleep 99999 >/dev/null 2>&1 &");
    const sleeping = () => bash(sandboxId, "pgrep -x sleep");
    const pid = await sleeping();
    await expect(labd.client.call("sandbox.freeze", { sandboxId, bytesMax: 1 << 20 })).rejects.toMatchObject({
      code: "exhausted",
    });
    expect(await sleeping()).toBe(pid);

    await bash(sandboxId, "rm /root/noise; echo kept > /root/kept");
    const { digest } = await labd.client.call("sandbox.freeze", { sandboxId });
    const folder = join(labd.dataDir, "frozen");
    const path = join(
      folder,
      readdirSync(folder).find((name) => name.startsWith(digest))!,
    );
    const whole = readFileSync(path);
    truncateSync(path, whole.length - 1);
    await expect(labd.client.call("sandbox.thaw", { sandboxId, digest })).rejects.toMatchObject({
      code: "invalid",
    });
    await expect(
      labd.client.call("sandbox.thaw", { sandboxId, digest: "0".repeat(64) }),
    ).rejects.toMatchObject({ code: "not-found" });
    writeFileSync(path, whole);
    await labd.client.call("sandbox.thaw", { sandboxId, digest });
    expect(await bash(sandboxId, "cat /root/kept")).toBe("kept\n");
  });
});

test("what a forged archive holds stays inside the lab's disk", async () => {
  const scratch = mkdtempSync(join(tmpdir(), "forged-"));
  const outside = join(scratch, "outside");
  try {
    await withSandbox(async (sandboxId) => {
      const { digest } = await labd.client.call("sandbox.freeze", { sandboxId });
      const tar = join(scratch, "forged.tar");
      const genuine = join(labd.dataDir, "frozen", `${digest}.tar.zst`);
      execFileSync("bash", [
        "-euc",
        `zstd -q -d -o "$2" "$1"
        mkdir -p "$3" "$4/a/0/upper/root" "$4/b/0/upper/root/door"
        ln -s "$3" "$4/a/0/upper/root/door"; echo in > "$4/b/0/upper/root/door/through-link"; echo up > "$4/escape"
        mknod "$4/a/0/upper/root/disk" b 8 0; cp /bin/true "$4/a/0/upper/root/suid"; chmod 4755 "$4/a/0/upper/root/suid"
        tar -rf "$2" -C "$4/a" 0/upper/root; tar -rf "$2" -C "$4/b" 0/upper/root/door/through-link
        mkdir -p "$4/c/d/e"; (cd "$4/c/d/e" && tar -rPf "$2" ../../../escape)
        zstd -q "$2" -o "$2.zst"`,
        ...["forge", genuine, tar, outside, scratch],
      ]);
      const bytes = readFileSync(`${tar}.zst`);
      const forged = createHash("sha256").update(bytes).digest("hex");
      writeFileSync(join(labd.dataDir, "frozen", `${forged}.tar.zst`), bytes);
      const thawed = await labd.client.call("sandbox.thaw", { sandboxId: "forged", digest: forged }).then(
        () => true,
        () => false,
      );
      expect(readdirSync(outside)).toEqual([]);
      const escaped = execFileSync("find", [labd.runDir, labd.dataDir, "-xdev", "-name", "escape"], {
        encoding: "utf8",
      });
      expect(escaped).toBe("");
      if (thawed)
        expect(await bash("forged", "head -c 1 /root/disk 2>&1 || true")).toMatch(
          /Permission denied|No such file/,
        );
      await labd.client.call("sandbox.destroy", { sandboxId: "forged" });
    });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
});

test("an archive goes to another labd byte for byte, and is refused when it changed on the way", async () => {
  const other = await startTestLabd();
  try {
    await withSandbox(async (sandboxId) => {
      await bash(sandboxId, "echo moved > /root/moved");
      const { digest, sizeBytes } = await labd.client.call("sandbox.freeze", { sandboxId });
      const { socket, reply } = await labd.client.open("frozen.read", { digest });
      expect(reply.sizeBytes).toBe(sizeBytes);
      const chunks: Buffer[] = [];
      for await (const chunk of socket) chunks.push(chunk as Buffer);
      const bytes = Buffer.concat(chunks);
      const send = async (content: Buffer) => {
        const { socket: to } = await other.client.open("frozen.write", { digest, sizeBytes: content.length });
        to.on("error", () => undefined);
        to.end(content);
        const answer: Buffer[] = [];
        for await (const chunk of to) answer.push(chunk as Buffer);
        return Buffer.concat(answer);
      };
      const changed = Buffer.from(bytes);
      changed[changed.length >> 1]! ^= 1;
      expect([...(await send(changed).catch(() => Buffer.alloc(0)))]).toEqual([]);
      expect([...(await send(bytes))]).toEqual([1]);
      await other.client.call("sandbox.thaw", { sandboxId: "elsewhere", digest });
      const moved = await other.client.call("node.exec", {
        sandboxId: "elsewhere",
        node: "node01",
        argv: ["cat", "/root/moved"],
      });
      expect(moved.stdout).toBe("moved\n");
    });
  } finally {
    await other.close();
  }
});

test("a labd that is killed while it freezes leaves the lab running or frozen, whole in both cases", async () => {
  await withSandbox(async (sandboxId) => {
    const seen = new Set<string>();
    for (const delayMs of [5, 30, 60, 100, 160, 240]) {
      await bash(sandboxId, `echo ${delayMs} > /root/round; head -c 2000000 /dev/urandom > /root/noise`);
      const freezing = labd.client.call("sandbox.freeze", { sandboxId }).catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      await labd.kill();
      await freezing;
      await labd.restart();
      const { state } = await labd.client.call("sandbox.get", { sandboxId });
      seen.add(state);
      expect(["running", "frozen"]).toContain(state);
      if (state === "frozen") {
        const { digest } = await labd.client.call("sandbox.freeze", { sandboxId });
        await labd.client.call("sandbox.thaw", { sandboxId, digest });
      }
      expect(await bash(sandboxId, "cat /root/round; stat -c %s /root/noise")).toBe(`${delayMs}\n2000000\n`);
    }
    expect(seen).toContain("running");
  });
  const left = execFileSync("nsenter", [`--mount=/proc/${labd.pid()}/ns/mnt`, "--", "cat", "/proc/mounts"], {
    encoding: "utf8",
  });
  expect(left).not.toContain(`${labd.runDir}/labs/`);
});
