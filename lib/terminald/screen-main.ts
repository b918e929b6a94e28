import { parentPort } from "node:worker_threads";
import { LocalScreenHost } from "@/lib/terminal/screen-host";
import type { ScreenCall, ScreenReply } from "./screen-worker";

/** The thread that parses terminal output: one call a message, answers in any order. */
const port = parentPort!;
const screens = new LocalScreenHost();

port.on("message", (call: ScreenCall) => {
  run(call).then(
    (value) => port.postMessage({ id: call.id, value } satisfies ScreenReply),
    (failure: unknown) =>
      port.postMessage({
        id: call.id,
        failure: failure instanceof Error ? (failure.stack ?? failure.message) : String(failure),
      } satisfies ScreenReply),
  );
});

function run(call: ScreenCall): Promise<unknown> {
  switch (call.method) {
    case "snapshot":
      return screens.snapshot(call.base, call.position!);
    case "compact":
      return screens.compact(call.base, call.position!);
    case "recover":
      return screens.recover(call.base);
    case "release":
      return screens.release(call.base);
  }
}
