import { expect, it, vi } from "vitest";
import { AppError } from "./app-error";

it("is known in other parts of a build, which have a class of their own", async () => {
  vi.resetModules();
  const other = (await import("./app-error")).AppError;
  expect(other).not.toBe(AppError);
  const thrown = new other("unavailable", "terminald cannot be reached.");
  expect(thrown).toBeInstanceOf(AppError);
  expect(AppError.from(thrown)).toBe(thrown);
});

it.each([new Error("x"), "x", undefined, null, { code: "conflict" }])(
  "takes %o for a failure of ours",
  (thrown) => {
    expect(thrown instanceof AppError).toBe(false);
    expect(AppError.from(thrown)).toMatchObject({ code: "internal", cause: thrown });
  },
);
