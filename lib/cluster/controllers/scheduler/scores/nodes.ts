import { matchesTerm } from "../node-affinity";
import { tolerates } from "../taints";
import { normalized, scoreMax, type Score } from "./score";

/** kubernetes 1.34 plugins/tainttoleration: fewer untolerated PreferNoSchedule taints are better. */
export const preferredTaints: Score = {
  name: "TaintToleration",
  weight: 3,
  score: ({ spec }, feasible) =>
    normalized(
      feasible.map(
        ({ node }) =>
          (node.spec?.taints ?? []).filter(
            (taint) => taint.effect === "PreferNoSchedule" && !tolerates(spec.tolerations, taint),
          ).length,
      ),
      true,
    ),
};

/** plugins/nodeaffinity: the weights of the preferences that hold. */
export const preferredNodes: Score = {
  name: "NodeAffinity",
  weight: 2,
  score({ spec }, feasible) {
    const preferred = spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    if (preferred.length === 0) return undefined;
    return normalized(
      feasible.map(({ node }) =>
        preferred.reduce(
          (sum, { weight, preference }) => sum + (matchesTerm(preference, node) ? weight : 0),
          0,
        ),
      ),
    );
  },
};

const imageSizeMin = 23 * 2 ** 20;
const imageSizeMaxPerContainer = 1000 * 2 ** 20;

/** plugins/imagelocality: nodes that hold the images already, unless they are small. */
export const imageLocality: Score = {
  name: "ImageLocality",
  weight: 1,
  score({ spec }, feasible, { nodes }) {
    const containers = [...spec.containers, ...(spec.initContainers ?? [])];
    const images = containers.map(({ image = "" }) => withTag(image));
    const holders = (name: string) =>
      nodes.filter(({ node }) => node.status?.images?.some(({ names }) => names?.includes(name))).length;
    const spread = images.map((name) => holders(name) / Math.max(1, nodes.length));
    if (spread.every((share) => share === 0)) return undefined;
    const most = imageSizeMaxPerContainer * containers.length;
    return feasible.map(({ node }) => {
      const bytes = images.reduce((sum, name, at) => {
        const held = node.status?.images?.find(({ names }) => names?.includes(name));
        return sum + Math.trunc((held?.sizeBytes ?? 0) * spread[at]!);
      }, 0);
      const bounded = Math.min(Math.max(bytes, imageSizeMin), most);
      return Math.trunc((scoreMax * (bounded - imageSizeMin)) / (most - imageSizeMin));
    });
  },
};

function withTag(image: string): string {
  return image.lastIndexOf(":") > image.lastIndexOf("/") ? image : `${image}:latest`;
}
