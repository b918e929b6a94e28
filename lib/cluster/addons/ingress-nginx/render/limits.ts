import type { Location } from "../model/configuration";
import type { LocationVariables } from "./location-variables";
import { block } from "./text";

/** Requests and connections of one client address, counted for each location. */
export function addLimits(id: string, { settings }: Location, result: LocationVariables): void {
  const {
    "limit-rps": perSecond = 0,
    "limit-rpm": perMinute = 0,
    "limit-connections": connections = 0,
  } = settings;
  if (perSecond <= 0 && perMinute <= 0 && connections <= 0) return;
  const multiplier = settings["limit-burst-multiplier"] ?? 5;
  result.http.push(
    block(
      `geo $limit_free_${id}`,
      "default 0;",
      ...(settings["limit-allowlist"] ?? []).map((network) => `${network} 1;`),
    ),
    block(`map $limit_free_${id} $limit_key_${id}`, "0 $binary_remote_addr;", '1 "";'),
  );
  const rate = (unit: "s" | "m", count: number) => {
    if (count <= 0) return;
    const zone = `limit_${id}_rp${unit}`;
    result.http.push(`limit_req_zone $limit_key_${id} zone=${zone}:5m rate=${count}r/${unit};`);
    result.limits.push(`limit_req zone=${zone} burst=${count * multiplier} nodelay;`);
  };
  if (connections > 0) {
    result.http.push(`limit_conn_zone $limit_key_${id} zone=limit_${id}_conn:5m;`);
    result.limits.push(`limit_conn limit_${id}_conn ${connections};`);
  }
  rate("m", perMinute);
  rate("s", perSecond);
}
