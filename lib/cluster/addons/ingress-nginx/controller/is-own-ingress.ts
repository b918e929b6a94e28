import type { Ingress, IngressClass } from "@/lib/cluster/resources/types";
import type { ControllerOptions } from "./options";

/**
 * Whether an Ingress is for this controller: by a class of its own, else by the annotation, else when it takes those
 * without a class (ingress-nginx, store.GetIngressClass).
 */
export function isOwnIngress(
  ingress: Ingress,
  classNamed: (name: string) => IngressClass | undefined,
  options: Pick<
    ControllerOptions,
    "controllerClass" | "annotationClass" | "watchesWithoutClass" | "watchNamespace"
  >,
): boolean {
  if (options.watchNamespace && ingress.metadata.namespace !== options.watchNamespace) return false;
  const named = ingress.spec?.ingressClassName;
  if (named !== undefined) return classNamed(named)?.spec?.controller === options.controllerClass;
  const annotated = ingress.metadata.annotations?.["kubernetes.io/ingress.class"];
  if (annotated !== undefined) return annotated === options.annotationClass;
  return options.watchesWithoutClass;
}
