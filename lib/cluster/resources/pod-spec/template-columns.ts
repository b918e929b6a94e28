import { wide } from "../columns/columns";
import { containerImages, containerNames } from "../columns/format";
import type { KubeObject, PrinterColumn } from "../kind";
import type { PodTemplateSpec } from "../types";

/** The wide columns of everything that has a pod template. */
export function templateColumns<T extends KubeObject>(
  template: (object: T) => PodTemplateSpec | undefined,
): PrinterColumn<T>[] {
  return [
    wide<T>("Containers", (object) => containerNames(template(object)?.spec)),
    wide<T>("Images", (object) => containerImages(template(object)?.spec)),
  ];
}
