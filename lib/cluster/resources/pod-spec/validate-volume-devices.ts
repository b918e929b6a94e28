import type { FieldError } from "../kind";
import type { Container, Volume } from "../types";
import { invalid, notFound, required } from "../validation/errors";

/** ValidateVolumeDevices of kubernetes 1.34 pkg/apis/core/validation; `volumes` are the pod's, by name. */
export function validateVolumeDevices(
  { volumeDevices = [], volumeMounts = [] }: Container,
  field: string,
  volumes: ReadonlyMap<string, Volume>,
): FieldError[] {
  const names = new Set<string>();
  const paths = new Set<string>();
  return volumeDevices.flatMap(({ name, devicePath: path }, index) => {
    const at = `${field}[${index}]`;
    const errors: FieldError[] = [];
    const ofName = (complaint: string) => errors.push(invalid(`${at}.name`, name, complaint));
    const ofPath = (complaint: string) => errors.push(invalid(`${at}.devicePath`, path, complaint));
    const volume = volumes.get(name);
    if (!name) errors.push(required(`${at}.name`));
    if (names.has(name)) ofName("must be unique");
    if (!volume) errors.push(notFound(`${at}.name`, name ?? ""));
    else if (!volume.persistentVolumeClaim && !volume.ephemeral)
      ofName("can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode");
    if (!path) errors.push(required(`${at}.devicePath`));
    if (paths.has(path)) ofPath("must be unique");
    if (path?.split("/").includes("..")) ofPath("can not contain backsteps ('..')");
    else paths.add(path);
    if (volumeMounts.some((mount) => mount.name === name)) ofName("must not already exist in volumeMounts");
    if (volumeMounts.some((mount) => mount.mountPath === path))
      ofPath("must not already exist as a path in volumeMounts");
    if (name) names.add(name);
    return errors;
  });
}
