import { z } from "zod";

const flag = z.enum(["true", "false"]).transform((value) => value === "true");
const number = z.string().regex(/^\d+$/).transform(Number);

const options = {
  "allow-snippet-annotations": flag,
  "strict-validate-path-type": flag,
  "ssl-redirect": flag,
  "force-ssl-redirect": flag,
  hsts: flag,
  "hsts-include-subdomains": flag,
  "hsts-max-age": number,
  "hsts-preload": flag,
  "http-redirect-code": z.enum(["301", "302", "307", "308"]).transform(Number),
  "proxy-body-size": z.string().regex(/^\d+[bkmg]?$/i),
  "proxy-connect-timeout": number,
  "proxy-send-timeout": number,
  "proxy-read-timeout": number,
  "proxy-buffer-size": z.string().regex(/^\d+[bkmg]?$/i),
  "proxy-buffering": z.enum(["on", "off"]),
  "proxy-next-upstream": z.string().regex(/^[a-z0-9_ ]+$/),
  "proxy-next-upstream-tries": number,
  "server-tokens": flag,
  "use-forwarded-headers": flag,
  "use-gzip": flag,
  "use-http2": flag,
  "worker-processes": z.string().regex(/^(auto|\d{1,2})$/),
  "limit-req-status-code": number,
  "limit-conn-status-code": number,
  "custom-http-errors": z
    .string()
    .regex(/^[1-5]\d\d(\s*,\s*[1-5]\d\d)*$/)
    .transform((value) => value.split(",").map(Number)),
  "keep-alive": number,
  "client-body-buffer-size": z.string().regex(/^\d+[bkmg]?$/i),
  "ssl-protocols": z.string().regex(/^[A-Za-z0-9. ]+$/),
};
export type ControllerConfig = { [Name in keyof typeof options]: z.output<(typeof options)[Name]> };

/** Defaults of ingress-nginx 1.13 (internal/ingress/controller/config/config.go). */
const defaults: ControllerConfig = {
  "allow-snippet-annotations": false,
  "strict-validate-path-type": true,
  "ssl-redirect": true,
  "force-ssl-redirect": false,
  hsts: true,
  "hsts-include-subdomains": true,
  "hsts-max-age": 31_536_000,
  "hsts-preload": false,
  "http-redirect-code": 308,
  "proxy-body-size": "1m",
  "proxy-connect-timeout": 5,
  "proxy-send-timeout": 60,
  "proxy-read-timeout": 60,
  "proxy-buffer-size": "4k",
  "proxy-buffering": "off",
  "proxy-next-upstream": "error timeout",
  "proxy-next-upstream-tries": 3,
  "server-tokens": false,
  "use-forwarded-headers": false,
  "use-gzip": false,
  "use-http2": true,
  "worker-processes": "1",
  "limit-req-status-code": 503,
  "limit-conn-status-code": 503,
  "custom-http-errors": [],
  "keep-alive": 75,
  "client-body-buffer-size": "8k",
  "ssl-protocols": "TLSv1.2 TLSv1.3",
};

/** The controller's ConfigMap over its defaults. What cannot be read is told and left at its default, as upstream does. */
export function readControllerConfig(data: Record<string, string> | undefined): {
  config: ControllerConfig;
  warnings: string[];
} {
  const config: Record<string, unknown> = { ...defaults };
  const warnings: string[] = [];
  for (const [name, value] of Object.entries(data ?? {})) {
    if (!Object.hasOwn(options, name)) continue;
    const parsed = options[name as keyof typeof options].safeParse(value.trim());
    if (parsed.success) config[name] = parsed.data;
    else warnings.push(`"${value}" is no valid value of "${name}"; the default is used`);
  }
  return { config: config as ControllerConfig, warnings };
}
