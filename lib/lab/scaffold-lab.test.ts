import { expect, it } from "vitest";
import { drawParameters } from "./draw-parameters";
import { loadLab } from "./load-lab";
import { scaffoldLab } from "./scaffold-lab";
import { validateLab } from "./validate-lab";

it("is a valid lab with two mistakes for its task", { timeout: 240_000 }, async () => {
  const files = scaffoldLab("my-first-lab");
  expect((await validateLab(files)).problems).toEqual([]);
  const { manifest, mistakes } = loadLab(files);
  expect(manifest).toMatchObject({ id: "my-first-lab", title: "My First Lab" });
  expect(new Set(manifest.questions.map(({ kind }) => kind)).size).toBe(3);
  expect(mistakes.filter(({ fails }) => fails.includes("expose"))).toHaveLength(2);
  expect(drawParameters(manifest, "a")).not.toEqual(drawParameters(manifest, "b"));
});
