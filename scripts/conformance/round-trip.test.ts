import { beforeAll, describe, expect, test } from "vitest";
import { generateOpenapi } from "@/scripts/generate-openapi.mjs";
import { checkRoundTrips } from "./round-trip";
import { hasUpstream, upstreamFolder } from "./run";

beforeAll(() => {
  generateOpenapi();
});

describe.skipIf(!hasUpstream)(
  "objects go there and back (skipped where ../shared/upstream is absent)",
  () => {
    test("every fixture in every encoding, the kinds of requests among them", () => {
      const { total, passed, differences } = checkRoundTrips(upstreamFolder);
      expect(differences).toEqual([]);
      expect(passed).toBe(total);
      expect(total).toBeGreaterThanOrEqual(248);
    });
  },
);
