import { describe, expect, it } from "vitest";
import { formatProblem } from "@/lib/lab/lab";
import { authoringLab } from "@/lib/lab/testing/authoring-lab";
import { validateLab } from "@/lib/lab/validate-lab";

describe("docs/authoring.md", { timeout: 240_000 }, () => {
  it("shows a first lab that is valid as it stands", async () => {
    const { problems } = await validateLab(authoringLab());
    expect(problems.map(formatProblem)).toEqual([]);
  });
});
