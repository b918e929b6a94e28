import { ageColumn, nameColumn, text } from "../columns/columns";
import { defineKind } from "../define-kind";
import type { FieldError } from "../kind";
import type { Typed } from "../types";
import { duplicate, immutable, invalid, invalidEach, notSupported, required } from "../validation/errors";
import { dnsLabel, dnsSubdomain } from "../validation/names";

const group = "resource.k8s.io";

interface ExactRequest {
  deviceClassName?: string;
  allocationMode?: string;
  count?: number;
  tolerations?: { operator?: string }[];
}

interface DeviceRequest {
  name?: string;
  exactly?: ExactRequest;
  firstAvailable?: (ExactRequest & { name?: string })[];
}

interface ClaimSpec {
  devices?: { requests?: DeviceRequest[] };
}

const modes = ["All", "ExactCount"];

/** What a claim asks for, as kubernetes 1.34 pkg/apis/resource fills it in. */
function fillIn({ devices }: ClaimSpec): void {
  for (const { exactly, firstAvailable = [] } of devices?.requests ?? [])
    for (const request of [...(exactly ? [exactly] : []), ...firstAvailable]) {
      request.allocationMode ||= "ExactCount";
      if (request.allocationMode === "ExactCount") request.count ||= 1;
      for (const toleration of request.tolerations ?? []) toleration.operator ||= "Equal";
    }
}

function validateClaim({ devices }: ClaimSpec, field: string): FieldError[] {
  const names = new Set<string>();
  return (devices?.requests ?? []).flatMap((request, index) => {
    const at = `${field}.devices.requests[${index}]`;
    const errors = named(request.name, `${at}.name`);
    if (request.name && names.has(request.name)) errors.push(duplicate(`${at}.name`, request.name));
    names.add(request.name ?? "");
    const { exactly, firstAvailable = [] } = request;
    if (!exactly === (firstAvailable.length === 0)) {
      const why = "exactly one of `exactly` or `firstAvailable` ";
      errors.push(
        exactly
          ? invalid(at, undefined, `${why}is required, but multiple fields are set`)
          : required(at, `${why}is required`),
      );
    }
    if (exactly) errors.push(...validateRequest(exactly, `${at}.exactly`));
    for (const [each, one] of firstAvailable.entries()) {
      const below = `${at}.firstAvailable[${each}]`;
      errors.push(...named(one.name, `${below}.name`), ...validateRequest(one, below));
    }
    return errors;
  });
}

const named = (name: string | undefined, field: string): FieldError[] =>
  name ? invalidEach(field, name, dnsLabel(name)) : [required(field)];

function validateRequest({ deviceClassName, allocationMode = "", count }: ExactRequest, field: string) {
  const errors: FieldError[] = deviceClassName
    ? invalidEach(`${field}.deviceClassName`, deviceClassName, dnsSubdomain(deviceClassName))
    : [required(`${field}.deviceClassName`)];
  if (!modes.includes(allocationMode))
    errors.push(notSupported(`${field}.allocationMode`, allocationMode, modes));
  else if (allocationMode === "All" && count)
    errors.push(invalid(`${field}.count`, count, "must not be specified when allocationMode is 'All'"));
  else if (allocationMode === "ExactCount" && (count ?? 0) <= 0)
    errors.push(invalid(`${field}.count`, count, "must be greater than zero"));
  return errors;
}

type DeviceClass = Typed<{ spec: { selectors?: object[] } }>;

export const deviceClass = defineKind<DeviceClass>(group, "DeviceClass", {
  columns: [nameColumn(), ageColumn()],
});

type ResourceClaim = Typed<{ spec: ClaimSpec; status?: { allocation?: object; reservedFor?: object[] } }>;

export const resourceClaim = defineKind<ResourceClaim>(group, "ResourceClaim", {
  columns: [nameColumn(), text("State", stateOf), ageColumn()],
  defaults: ({ spec }) => fillIn(spec ?? {}),
  validate: ({ spec }) => validateClaim(spec, "spec"),
  validateUpdate: (object, old) => immutable("spec", object.spec, old.spec),
});

function stateOf({ metadata, status }: ResourceClaim): string {
  const isGoing = metadata.deletionTimestamp !== undefined;
  const states = isGoing ? ["deleted"] : [];
  if (status?.allocation) states.push("allocated", ...(status.reservedFor?.length ? ["reserved"] : []));
  else if (!isGoing) states.push("pending");
  return states.join(",");
}

type ResourceClaimTemplate = Typed<{ spec: { spec: ClaimSpec } }>;

export const resourceClaimTemplate = defineKind<ResourceClaimTemplate>(group, "ResourceClaimTemplate", {
  columns: [nameColumn(), ageColumn()],
  defaults: ({ spec }) => fillIn(spec?.spec ?? {}),
  validate: ({ spec }) => validateClaim(spec.spec ?? {}, "spec.spec"),
  validateUpdate: (object, old) => immutable("spec", object.spec, old.spec),
});

type ResourceSlice = Typed<{
  spec: { nodeName?: string; driver?: string; pool?: { name?: string; resourceSliceCount?: number } };
}>;

export const resourceSlice = defineKind<ResourceSlice>(group, "ResourceSlice", {
  columns: [
    nameColumn(),
    text("Node", ({ spec }) => spec.nodeName ?? "<none>"),
    text("Driver", ({ spec }) => spec.driver ?? ""),
    text("Pool", ({ spec }) => spec.pool?.name ?? ""),
    ageColumn(),
  ],
  validate({ spec }) {
    const errors: FieldError[] = [];
    const { pool = {}, driver } = spec;
    if (!pool.name) errors.push(required("spec.pool.name"));
    if ((pool.resourceSliceCount ?? 0) <= 0)
      errors.push(
        invalid("spec.pool.resourceSliceCount", pool.resourceSliceCount ?? 0, "must be greater than zero"),
      );
    if (!driver) errors.push(required("spec.driver"));
    return errors;
  },
  validateUpdate: (object, old) => [
    ...immutable("spec.pool.name", object.spec.pool?.name, old.spec.pool?.name),
    ...immutable("spec.driver", object.spec.driver, old.spec.driver),
    ...immutable("spec.nodeName", object.spec.nodeName, old.spec.nodeName),
  ],
});
