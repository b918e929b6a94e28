const release = /v?\d+\.\d+(?:\.\d+)?(?=[/-]|$)/;

/** Of the same file's URLs in `known` the one whose release is nearest to that in `url`. */
export function nearestRelease(url: string, known: string[]): string | undefined {
  const wanted = release.exec(url)?.[0];
  if (wanted === undefined) return undefined;
  const place = placeOf(url);
  const candidates = known
    .filter((one) => placeOf(one) === place)
    .map((one) => ({ one, distance: distanceOf(wanted, release.exec(one)![0]) }))
    .sort((a, b) => compare(a.distance, b.distance));
  return candidates[0]?.one;
}

const placeOf = (url: string) =>
  release.test(url) ? url.replace("/refs/tags/", "/").replace(release, "*") : undefined;

function distanceOf(a: string, b: string): number[] {
  const parts = (text: string) => text.replace("v", "").split(".").map(Number);
  const other = parts(b);
  return parts(a).map((part, index) => Math.abs(part - (other[index] ?? 0)));
}

function compare(a: number[], b: number[]): number {
  const at = a.findIndex((part, index) => part !== b[index]);
  return at < 0 ? 0 : a[at]! - b[at]!;
}
