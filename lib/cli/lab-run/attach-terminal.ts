import type WebSocket from "ws";
import {
  decodeServerFrame,
  encodeClientFrame,
  framesVersion,
  inputBytesMax,
  type ClientFrame,
} from "@/lib/contract/terminal-frames";

/** Ctrl-], as telnet has it: what follows is for the one who attached, not for the shell. */
export const escapeByte = 0x1d;

export interface Attachment {
  input: NodeJS.ReadableStream;
  output: NodeJS.WritableStream;
  /** Of the person's terminal, now. */
  size(): { cols: number; rows: number };
  onResize(listener: () => void): () => void;
  /** The person pressed Ctrl-]: the key that came after it. Its output goes between that of the shell. False: leave. */
  onKey(key: string): Promise<boolean>;
}

/** Passes on what is typed and what is shown until the shell ends or the person leaves. Says why it ended. */
export function attachTerminal(
  socket: WebSocket,
  attachment: Attachment,
): Promise<"exited" | "left" | "lost"> {
  const { input, output, size } = attachment;
  return new Promise((resolve) => {
    let isEscaped = false;
    /** While a key is answered, the shell's output waits, so that both can be read. */
    let held: Uint8Array[] | undefined;
    const send = (frame: ClientFrame) => {
      if (socket.readyState === socket.OPEN) socket.send(encodeClientFrame(frame));
    };
    const show = (bytes: Uint8Array) => void (held ? held.push(bytes) : output.write(bytes));
    let isOver = false;
    const end = (reason: "exited" | "left" | "lost") => {
      if (isOver) return;
      isOver = true;
      input.off("data", type);
      forgetResize();
      socket.close();
      resolve(reason);
    };
    const answer = async (key: string) => {
      held = [];
      const goesOn = await attachment.onKey(key);
      for (const bytes of held) output.write(bytes);
      held = undefined;
      if (goesOn) send({ type: "input", bytes: Buffer.from("\r") });
      else end("left");
    };
    const type = (chunk: Buffer) => {
      if (held) return;
      const at = isEscaped ? 0 : chunk.indexOf(escapeByte);
      const plain = isEscaped ? chunk.subarray(0, 0) : at < 0 ? chunk : chunk.subarray(0, at);
      for (let from = 0; from < plain.length; from += inputBytesMax)
        send({ type: "input", bytes: plain.subarray(from, from + inputBytesMax) });
      const key = isEscaped ? chunk.subarray(0, 1) : at < 0 ? undefined : chunk.subarray(at + 1, at + 2);
      if (key === undefined) return;
      isEscaped = key.length === 0;
      if (key[0] === escapeByte) send({ type: "input", bytes: key });
      else if (key.length > 0) void answer(key.toString());
    };
    const forgetResize = attachment.onResize(() => send({ type: "resize", ...size() }));
    socket.binaryType = "nodebuffer";
    socket.on("open", () => send({ type: "hello", version: framesVersion, ...size() }));
    socket.on("message", (data: Buffer) => {
      const frame = decodeServerFrame(data);
      if (frame?.type === "output" || frame?.type === "snapshot") {
        show(frame.bytes);
        const offset = frame.type === "output" ? frame.offset + frame.bytes.length : frame.offset;
        send({ type: "ack", offset });
      }
      if (frame?.type === "state" && frame.state !== "running") end(frame.state);
    });
    socket.on("error", () => undefined); // a close follows
    socket.on("close", () => end("lost"));
    input.on("data", type);
  });
}
