import { parentPort, workerData } from "node:worker_threads";
import { Guest } from "./guest-instance";
import type { FromWorker, ToWorker, WorkerStart } from "./messages";
import { threadId } from "./thread-cpu";

/**
 * The disposable worker of one run of checks. It holds no privilege and no connection: all it can do is to pass text
 * between the guests and the thread that started it, which kills it when a guest will not let go.
 */
const start = workerData as WorkerStart;
const port = parentPort!;
const guests = new Map<number, Guest>();
const post = (message: FromWorker) => port.postMessage(message);

port.on("message", (message: ToWorker) => {
  const { task } = message;
  if (message.type === "reply") guests.get(task)?.reply(message.json);
  else if (message.type === "drop") guests.delete(task);
  else void open(task, message.message);
});
post({ type: "ready", threadId: threadId() });

async function open(task: number, message: unknown): Promise<void> {
  const guest = new Guest(start, task, (sent) => {
    if (sent.type === "result" || sent.type === "dead") guests.delete(task);
    post(sent);
  });
  guests.set(task, guest);
  await guest.open();
  guest.receive(JSON.stringify(message));
}
