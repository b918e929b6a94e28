import type { FieldError } from "../kind";
import type { PodSpec, WindowsOptions } from "../types";
import { invalid, invalidEach } from "../validation/errors";
import { dnsSubdomain } from "../validation/names";
import { containerContexts } from "./container-contexts";

const specKibMax = 64;
const domainBytesMax = 256;
const userBytesMax = 104;

const netBiosName = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/;
const dnsPart = /^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$/;

/** validateWindowsSecurityContextOptions of kubernetes 1.34 pkg/apis/core/validation. */
export function validateWindowsOptions(options: WindowsOptions | undefined, field: string): FieldError[] {
  const { gmsaCredentialSpecName: name, gmsaCredentialSpec: spec, runAsUserName } = options ?? {};
  return [
    ...(name === undefined ? [] : invalidEach(`${field}.gmsaCredentialSpecName`, name, dnsSubdomain(name))),
    ...(spec === undefined ? [] : invalidEach(`${field}.gmsaCredentialSpec`, spec, credentialSpec(spec))),
    ...(runAsUserName === undefined
      ? []
      : invalidEach(`${field}.runAsUserName`, runAsUserName, userName(runAsUserName))),
  ];
}

function credentialSpec(spec: string): string[] {
  if (spec === "") return ["gmsaCredentialSpec cannot be an empty string"];
  return Buffer.byteLength(spec) > specKibMax * 1024
    ? [`gmsaCredentialSpec size must be under ${specKibMax} KiB`]
    : [];
}

/** `USER` or `DOMAIN\USER`. */
function userName(text: string): string[] {
  if (text === "") return ["runAsUserName cannot be an empty string"];
  // oxlint-disable-next-line no-control-regex
  if (/[\x00-\x1f\x7f]/.test(text)) return ["runAsUserName cannot contain control characters"];
  const parts = text.split("\\");
  if (parts.length > 2) return ["runAsUserName cannot contain more than one backslash"];
  const user = parts.at(-1)!;
  const domain = parts.length === 2 ? parts[0]! : undefined;
  const complaints: string[] = [];
  if (domain !== undefined && Buffer.byteLength(domain) >= domainBytesMax)
    complaints.push(`runAsUserName's Domain length must be under ${domainBytesMax} characters`);
  if (
    domain !== undefined &&
    !netBiosName.test(domain) &&
    !domain.split(".").every((one) => dnsPart.test(one))
  )
    complaints.push("runAsUserName's Domain doesn't match the NetBios nor the DNS format");
  if (user === "") complaints.push("runAsUserName's User cannot be empty");
  else if (Buffer.byteLength(user) > userBytesMax)
    complaints.push(`runAsUserName's User length must not be longer than ${userBytesMax} characters`);
  if (/^[. ]+$/.test(user)) complaints.push("runAsUserName's User cannot contain only periods or spaces");
  if (/["/\\:;|=,+*?<>@[\]]/.test(user))
    complaints.push("runAsUserName's User cannot contain the following characters: \"/\\:;|=,+*?<>@[]");
  return complaints;
}

/** validateWindowsHostProcessPod. */
export function validateHostProcess(spec: PodSpec, field: string): FieldError[] {
  const ofPod = spec.securityContext?.windowsOptions?.hostProcess;
  const errors: FieldError[] = [];
  const settings = containerContexts(spec, field).map(({ at, context }) => {
    const own = context?.windowsOptions?.hostProcess;
    if (own !== undefined && ofPod !== undefined && own !== ofPod)
      errors.push(
        invalid(
          `${at}.windowsOptions.hostProcess`,
          own,
          `pod hostProcess value must be identical if both are specified, was ${ofPod}`,
        ),
      );
    return own ?? ofPod ?? false;
  });
  if (!settings.includes(true)) return errors;
  if (settings.includes(false))
    errors.push(
      invalid(
        field,
        "",
        "If pod contains any hostProcess containers then all containers must be HostProcess containers",
      ),
    );
  if (!spec.hostNetwork)
    errors.push(
      invalid(
        `${field}.hostNetwork`,
        false,
        "hostNetwork must be true if pod contains any hostProcess containers",
      ),
    );
  return errors;
}
