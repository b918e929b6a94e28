import { forbidden } from "@/lib/cluster/client/status";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { AdmissionPlugin } from "./plugin";

const isDefault = (annotation: string) => (object: KubeObject) =>
  object.metadata.annotations?.[annotation] === "true";

/** Of the same second, by name. */
function newestFirst({ metadata: a }: KubeObject, { metadata: b }: KubeObject): number {
  if (a.creationTimestamp === b.creationTimestamp) return a.name < b.name ? -1 : 1;
  return a.creationTimestamp! < b.creationTimestamp! ? 1 : -1;
}

/** A claim without a class gets the default one, the newest when there are several. */
export const defaultStorageClass: AdmissionPlugin = {
  name: "DefaultStorageClass",
  admit({ operation, resource, object, subresource }, registry) {
    if (operation !== "CREATE" || subresource || resource.collection.id !== "core/persistentvolumeclaims")
      return;
    const spec = (object!.spec ?? {}) as { storageClassName?: string };
    const annotated = object!.metadata.annotations?.["volume.beta.kubernetes.io/storage-class"];
    if (spec.storageClassName !== undefined || annotated !== undefined) return;
    const newest = registry
      .readAll("storage.k8s.io", "storageclasses")
      .filter(isDefault("storageclass.kubernetes.io/is-default-class"))
      .sort(newestFirst)[0];
    if (newest) spec.storageClassName = newest.metadata.name;
  },
};

/** An Ingress without a class gets the default one; two defaults are an error. */
export const defaultIngressClass: AdmissionPlugin = {
  name: "DefaultIngressClass",
  admit({ operation, resource, object, name, subresource }, registry) {
    if (operation !== "CREATE" || subresource || resource.collection.id !== "networking.k8s.io/ingresses")
      return;
    const spec = (object!.spec ?? {}) as { ingressClassName?: string };
    const annotated = object!.metadata.annotations?.["kubernetes.io/ingress.class"];
    if (spec.ingressClassName !== undefined || annotated !== undefined) return;
    const defaults = registry
      .readAll("networking.k8s.io", "ingressclasses")
      .filter(isDefault("ingressclass.kubernetes.io/is-default-class"));
    if (defaults.length > 1)
      throw forbidden(
        { group: "networking.k8s.io", plural: "ingresses" },
        name,
        `${defaults.length} default IngressClasses were found, only 1 allowed`,
      );
    if (defaults[0]) spec.ingressClassName = defaults[0].metadata.name;
  },
};
