import { IngressCaches } from "@/lib/cluster/addons/ingress/caches";
import type { Informer } from "@/lib/cluster/client/informers";
import { refs } from "@/lib/cluster/client/refs";
import type { ConfigMap } from "@/lib/cluster/resources/types";

export class Caches extends IngressCaches {
  readonly configMaps: Informer<ConfigMap> = this.add(refs.configMaps);
}
