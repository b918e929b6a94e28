import { expect, test } from "vitest";
import { nearestRelease } from "./nearest-release";

const raw = "https://raw.githubusercontent.com/a/b";
const known = [
  `${raw}/v0.14.9/deploy.yaml`,
  `${raw}/v0.15.3/deploy.yaml`,
  `${raw}/v0.15.3/other.yaml`,
  `${raw}/refs/tags/controller-v1.10.1/deploy.yaml`,
  `${raw}/main/deploy.yaml`,
];

test.each([
  [`${raw}/v0.14.5/deploy.yaml`, known[0]],
  [`${raw}/v0.15.0/deploy.yaml`, known[1]],
  [`${raw}/v0.13.12/other.yaml`, known[2]],
  [`${raw}/controller-v1.8.1/deploy.yaml`, known[3]],
  [`${raw}/v0.15.3/third.yaml`, undefined],
  [`${raw}/master/deploy.yaml`, undefined],
])("%s", (url, nearest) => expect(nearestRelease(url, known)).toBe(nearest));
