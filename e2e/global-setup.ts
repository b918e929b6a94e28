import { startInstance, stopInstance } from "./instance";

export default async function setup(): Promise<() => Promise<void>> {
  await startInstance();
  return stopInstance;
}
