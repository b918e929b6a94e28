import { expect, it } from "vitest";
import { Scope, scoped } from "./scope";

it("releases in reverse order, all of them, and throws what failed", async () => {
  const order: string[] = [];
  const scope = new Scope();
  scope.use("a", (value) => order.push(value));
  scope.defer(() => {
    order.push("b");
    throw new Error("b failed");
  });
  scope.use("c", (value) => order.push(value));
  await expect(scope.close()).rejects.toThrow("b failed");
  expect(order).toEqual(["c", "b", "a"]);
});

it("releases when the work fails, before the failure is seen", async () => {
  let released = false;
  const work = scoped(async (scope) => {
    scope.defer(() => (released = true));
    throw new Error("work failed");
  });
  await expect(work).rejects.toThrow("work failed");
  expect(released).toBe(true);
});

it("hands releases over to another scope", async () => {
  const order: string[] = [];
  const outer = new Scope();
  const inner = new Scope();
  inner.defer(() => order.push("inner"));
  inner.moveTo(outer);
  await inner.close();
  expect(order).toEqual([]);
  await outer.close();
  expect(order).toEqual(["inner"]);
});
