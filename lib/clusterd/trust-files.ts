import { authoritiesBundle, authoritiesLayer } from "@/lib/contract/labd";

/** What a node and the containers on it trust: the authority of the world outside, for nobody else's certificates can turn up in a lab. */
export function trustFiles({
  certificatePem,
}: {
  certificatePem: string;
}): { path: string; content: string }[] {
  return [authoritiesBundle, `${authoritiesLayer}${authoritiesBundle}`].map((path) => ({
    path,
    content: certificatePem,
  }));
}
