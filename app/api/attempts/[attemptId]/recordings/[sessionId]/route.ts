import { Readable } from "node:stream";
import { route } from "@/app/_server/route";
import { openRecording } from "@/lib/exam/recordings";

/** The asciicast of a terminal session, streamed from terminald. */
export const GET = route<{ attemptId: string; sessionId: string }>(
  async ({ deps, actor, params, request }) => {
    const { socket } = await openRecording(deps, actor, params);
    request.signal.addEventListener("abort", () => socket.destroy());
    return new Response(Readable.toWeb(socket) as ReadableStream, {
      headers: { "content-type": "application/x-asciicast", "cache-control": "private, no-store" },
    });
  },
);
