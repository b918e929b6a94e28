/** Releases of the operator, each with that of Calico which it installs: the latest of each line. */
const releases: [operator: string, calico: string][] = [
  ["v1.30.9", "v3.26.4"],
  ["v1.32.12", "v3.27.5"],
  ["v1.34.5", "v3.28.2"],
  ["v1.36.15", "v3.29.6"],
  ["v1.38.8", "v3.30.5"],
  ["v1.40.3", "v3.31.3"],
];

const lineOf = (version: string) => version.split(".").slice(0, 2).join(".");

/** Of the image that a manifest of that release of Calico names. */
export function operatorRelease(calico: string): string {
  return (releases.find(([, one]) => lineOf(one) === lineOf(calico)) ?? releases.at(-1)!)[0];
}

/** What the operator of that image tag installs. */
export function calicoRelease(operator: string): string {
  return (releases.find(([one]) => lineOf(one) === lineOf(operator)) ?? releases.at(-1)!)[1];
}
