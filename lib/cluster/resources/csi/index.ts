import { ageColumn, boolean, integer, nameColumn, text } from "../columns/columns";
import { defineKind } from "../define-kind";
import type { Typed } from "../types";
import { forbidden, immutable, notSupported, required, same } from "../validation/errors";

const group = "storage.k8s.io";

type CsiDriver = Typed<{
  spec: {
    attachRequired?: boolean;
    podInfoOnMount?: boolean;
    storageCapacity?: boolean;
    requiresRepublish?: boolean;
    seLinuxMount?: boolean;
    fsGroupPolicy?: string;
    tokenRequests?: { audience: string }[];
    volumeLifecycleModes?: string[];
  };
}>;

const groupPolicies = ["File", "None", "ReadWriteOnceWithFSType"];

export const csiDriver = defineKind<CsiDriver>(group, "CSIDriver", {
  columns: [
    nameColumn(),
    boolean("AttachRequired", ({ spec }) => spec.attachRequired ?? true),
    boolean("PodInfoOnMount", ({ spec }) => spec.podInfoOnMount ?? false),
    boolean("StorageCapacity", ({ spec }) => spec.storageCapacity ?? false),
    text(
      "TokenRequests",
      ({ spec }) => (spec.tokenRequests ?? []).map(({ audience }) => audience).join(",") || "<unset>",
    ),
    boolean("RequiresRepublish", ({ spec }) => spec.requiresRepublish ?? false),
    text("Modes", ({ spec }) => (spec.volumeLifecycleModes ?? []).join(",") || "<none>"),
    ageColumn(),
  ],
  defaults({ spec }) {
    if (!spec) return;
    spec.attachRequired ??= true;
    spec.podInfoOnMount ??= false;
    spec.storageCapacity ??= false;
    spec.requiresRepublish ??= false;
    spec.seLinuxMount ??= false;
    spec.fsGroupPolicy ??= "ReadWriteOnceWithFSType";
    if (!spec.volumeLifecycleModes?.length) spec.volumeLifecycleModes = ["Persistent"];
  },
  validate({ spec }) {
    if (!spec) return [required("spec")];
    const { fsGroupPolicy = "" } = spec;
    return groupPolicies.includes(fsGroupPolicy)
      ? []
      : [notSupported("spec.fsGroupPolicy", fsGroupPolicy, groupPolicies)];
  },
});

type CsiNode = Typed<{ spec: { drivers?: { name: string; nodeID: string }[] } }>;

export const csiNode = defineKind<CsiNode>(group, "CSINode", {
  columns: [nameColumn(), integer("Drivers", ({ spec }) => spec?.drivers?.length ?? 0), ageColumn()],
});

type CsiStorageCapacity = Typed<{ storageClassName: string; nodeTopology?: object; capacity?: string }>;

export const csiStorageCapacity = defineKind<CsiStorageCapacity>(group, "CSIStorageCapacity", {
  columns: [
    nameColumn(),
    text("StorageClassName", ({ storageClassName }) => storageClassName),
    text("Capacity", ({ capacity }) => capacity ?? "<unset>"),
  ],
  validate: ({ storageClassName }) => (storageClassName ? [] : [required("storageClassName")]),
  validateUpdate: (object, old) => [
    ...immutable("nodeTopology", object.nodeTopology, old.nodeTopology),
    ...immutable("storageClassName", object.storageClassName, old.storageClassName),
  ],
});

type VolumeAttachment = Typed<{
  spec: { attacher: string; nodeName: string; source: { persistentVolumeName?: string } };
  status?: { attached: boolean };
}>;

export const volumeAttachment = defineKind<VolumeAttachment>(group, "VolumeAttachment", {
  columns: [
    nameColumn(),
    text("Attacher", ({ spec }) => spec.attacher, { format: "name" }),
    text("PV", ({ spec }) => spec.source?.persistentVolumeName ?? ""),
    text("Node", ({ spec }) => spec.nodeName),
    boolean("Attached", ({ status }) => status?.attached ?? false),
    ageColumn(),
  ],
  prepareForCreate(object) {
    object.status = { attached: false };
  },
  validate: ({ spec }) => [
    ...(spec?.attacher ? [] : [required("spec.attacher")]),
    ...(spec?.nodeName ? [] : [required("spec.nodeName")]),
    ...(spec?.source?.persistentVolumeName
      ? []
      : [
          required(
            "spec.source.persistentVolumeName",
            "must specify one of inlineVolumeSpec and persistentVolumeName",
          ),
        ]),
  ],
  validateUpdate: (object, old) => immutable("spec", object.spec, old.spec),
});

type VolumeAttributesClass = Typed<{ driverName: string; parameters?: Record<string, string> }>;

export const volumeAttributesClass = defineKind<VolumeAttributesClass>(group, "VolumeAttributesClass", {
  columns: [nameColumn(), text("DriverName", ({ driverName }) => driverName), ageColumn()],
  validate: ({ driverName, parameters = {} }) => [
    ...(driverName ? [] : [required("driverName")]),
    ...(Object.keys(parameters).length > 0
      ? []
      : [required("parameters", "must contain at least one key/value pair")]),
  ],
  validateUpdate: (object, old) =>
    (["driverName", "parameters"] as const).flatMap((name) =>
      same(object[name], old[name]) ? [] : [forbidden(name, `updates to ${name} are forbidden.`)],
    ),
});
