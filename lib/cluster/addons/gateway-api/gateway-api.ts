import { z } from "zod";
import type { Addon } from "@/lib/cluster/addons/addon";
import { gatewayApiCrds } from "./crds";

const options = z.object({ release: z.string().default("v1.2.1") }).strict();

/** The definitions of the Gateway API; who serves it is another addon. */
export const gatewayApi: Addon<z.infer<typeof options>> = {
  name: "gateway-api",
  parse: (value) => options.parse(value),
  objects: (_, { release }) => gatewayApiCrds(release),
};
