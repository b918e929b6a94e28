import { forbidden } from "@/lib/cluster/client/status";
import { compareQuantities } from "@/lib/cluster/resources/quantity";
import type { PersistentVolumeClaim, StorageClass } from "@/lib/cluster/resources/types";
import type { Registry } from "../registry/registry";
import type { AdmissionPlugin } from "./plugin";

const claims = { group: "", plural: "persistentvolumeclaims" };

/** A claim grows only where its StorageClass lets it (plugin/pkg/admission/storage/persistentvolume/resize). */
export const claimResize: AdmissionPlugin = {
  name: "PersistentVolumeClaimResize",
  validate({ operation, resource, subresource, name, object, old }, registry) {
    const { group, plural } = resource.kind;
    if (operation !== "UPDATE" || group !== "" || plural !== claims.plural || subresource !== "") return;
    const claim = object as PersistentVolumeClaim;
    const before = old as PersistentVolumeClaim;
    const sizeOf = ({ spec }: PersistentVolumeClaim) => spec.resources?.requests?.storage;
    if (compareQuantities(sizeOf(claim), sizeOf(before)) <= 0) return;
    if (before.status?.phase !== "Bound")
      throw forbidden(claims, name, "Only bound persistent volume claims can be expanded");
    const className = classOf(claim);
    if (!className || className !== classOf(before) || !mayExpand(registry, className))
      throw forbidden(
        claims,
        name,
        "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize",
      );
  },
};

const classOf = ({ metadata, spec }: PersistentVolumeClaim) =>
  metadata.annotations?.["volume.beta.kubernetes.io/storage-class"] ?? spec.storageClassName;

const mayExpand = (registry: Registry, name: string) =>
  (registry.read("storage.k8s.io", "storageclasses", undefined, name) as StorageClass | undefined)
    ?.allowVolumeExpansion === true;
