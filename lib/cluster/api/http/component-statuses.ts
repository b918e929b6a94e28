import { AppError } from "@/lib/core/app-error";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { Api } from "../api";
import type { WebhookClientConfig } from "@/lib/cluster/resources/types";
import { Entry } from "../store/collection";

const probeTimeoutMs = 5000;

/** What answers for the health of a component, by its own port on the control plane's node. */
const components: Record<string, (api: Api) => Promise<string>> = {
  "controller-manager": (api) => healthz(api, 10_257),
  "etcd-0": etcd,
  scheduler: (api) => healthz(api, 10_259),
};

/** ComponentStatuses are asked for when they are read and stored nowhere (pkg/registry/core/componentstatus). */
export async function componentStatuses(api: Api, name = ""): Promise<Entry[]> {
  const asked = Object.keys(components).filter((one) => name === "" || one === name);
  return Promise.all(
    asked.map(async (one) => {
      const health = await components[one]!(api).then(
        (message) => ({ type: "Healthy", status: "True", message }),
        (failure: unknown) => ({ type: "Healthy", status: "False", message: (failure as Error).message }),
      );
      return new Entry(
        {
          apiVersion: "v1",
          kind: "ComponentStatus",
          metadata: { name: one, creationTimestamp: null },
          conditions: [health],
        } as unknown as KubeObject,
        0,
      );
    }),
  );
}

async function healthz(api: Api, port: number): Promise<string> {
  const url = `https://127.0.0.1:${port}`;
  const config: WebhookClientConfig = { url };
  try {
    return await api.backends.get(config, "/healthz", { insecureSkipTLSVerify: true }, {}, probeTimeoutMs);
  } catch (failure) {
    if (isWithoutNetwork(failure)) return "ok";
    throw new Error((failure as Error).message.replace(/^failing or missing response from [^ ]+: /, ""), {
      cause: failure,
    });
  }
}

async function etcd({ backends }: Api): Promise<string> {
  try {
    (await backends.dial("127.0.0.1", 2379, AbortSignal.timeout(probeTimeoutMs))).destroy();
    return "ok";
  } catch (failure) {
    if (isWithoutNetwork(failure)) return "ok";
    throw new Error("context deadline exceeded", { cause: failure });
  }
}

/** A bare control plane has no ports: its components are this process, which lives. */
function isWithoutNetwork(failure: unknown): boolean {
  for (let at = failure; at instanceof Error; at = at.cause)
    if (at instanceof AppError && at.code === "unsupported") return true;
  return false;
}
