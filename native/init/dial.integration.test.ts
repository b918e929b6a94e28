import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Scope } from "@/lib/core/scope";
import { call, request } from "../test-client";
import { run, startNode, type TestNode } from "../test-node";

let scope: Scope;
let node: TestNode;
beforeEach(async () => {
  scope = new Scope();
  node = await startNode(scope);
});
afterEach(() => scope.close());

/** A server on the node that answers every connection or datagram with what came, in capitals. */
async function serve(kind: "tcp" | "udp" | "unix", address: string, netns = ""): Promise<void> {
  const [host, port] = address.split(":");
  const bound = kind === "unix" ? `path => '${address}'` : `host => '${host}', port => ${port}`;
  const script = `
const net = require('net'), dgram = require('dgram');
const ready = () => require('fs').writeFileSync('${node.folder}/ready', '');
if ('${kind}' === 'udp') {
  const socket = dgram.createSocket('udp4');
  socket.on('message', (text, from) => socket.send(text.toString().toUpperCase(), from.port, from.address));
  socket.bind(${port ?? 0}, '${host}', ready);
} else {
  const options = { ${bound.replaceAll(" =>", ":")} };
  net.createServer({ allowHalfOpen: true }, (socket) => {
    let text = '';
    socket.on('data', (chunk) => (text += chunk)).on('end', () => socket.end(text.toUpperCase()));
  }).listen(options, ready);
}`;
  await run(node, `cat >${node.folder}/server.cjs <<'SCRIPT'${script}\nSCRIPT`);
  const command = `${process.execPath} ${node.folder}/server.cjs </dev/null >/dev/null 2>&1`;
  await run(node, `${netns} ${command} & while ! test -e ${node.folder}/ready; do sleep 0.02; done`);
}

describe("dial", () => {
  it.each([
    ["tcp", "127.0.0.1:8080"],
    ["unix", "/run/server.sock"],
  ] as const)("joins the client with a %s server and passes half-close on", async (kind, address) => {
    await serve(kind, address);
    const { connection, reply } = await request(node.socket, "dial", [
      `network=${kind}`,
      `address=${address}`,
    ]);
    expect(reply.status).toBe("ok");
    connection.socket.end("question");
    expect((await connection.readToEnd()).toString()).toBe("QUESTION");
  });

  it("carries datagrams, each framed by its length", async () => {
    await serve("udp", "127.0.0.1:5353");
    const { connection, reply } = await request(node.socket, "dial", [
      "network=udp",
      "address=127.0.0.1:5353",
    ]);
    expect(reply.status).toBe("ok");
    connection.socket.write(Buffer.from("\0\x03one\0\x05three", "latin1"));
    expect((await connection.read(12)).toString("latin1")).toBe("\0\x03ONE\0\x05THREE");
  });

  it("reaches into another network namespace and only there", async () => {
    await run(node, "ip netns add pod && ip -n pod link set lo up");
    await serve("tcp", "127.0.0.1:8080", "ip netns exec pod");
    const inside = await request(node.socket, "dial", ["address=127.0.0.1:8080", "netns=/run/netns/pod"]);
    expect(inside.reply.status).toBe("ok");
    inside.connection.socket.end("pod");
    expect((await inside.connection.readToEnd()).toString()).toBe("POD");
    expect((await call(node.socket, "dial", ["address=127.0.0.1:8080"])).get("code")).toBe("refused");
    expect((await call(node.socket, "dial", ["address=127.0.0.1:8080"])).status).toBe("error");
  });

  it("says why it could not", async () => {
    const code = async (...values: string[]) => (await call(node.socket, "dial", values)).get("code");
    expect(await code("address=127.0.0.1:9")).toBe("refused");
    expect(await code("address=10.99.0.1:80")).toBe("unreachable");
    expect(await code("network=unix", "address=/run/nobody.sock")).toBe("not-found");
    expect(await code("address=127.0.0.1:9", "netns=/run/netns/none")).toBe("not-found");
    expect(await code("address=example.com:80")).toBe("invalid");
    expect(await code("network=icmp", "address=127.0.0.1:9")).toBe("invalid");
  });
});
