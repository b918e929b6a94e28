import { ApiStatusError, forbidden, notFound } from "@/lib/cluster/client/status";
import type { AdmissionPlugin } from "./plugin";

const immortal = new Set(["default", "kube-system", "kube-public"]);
const namespaces = { group: "", plural: "namespaces" };

/** Nothing is created in a namespace that is missing or ending; the system's own are not deleted. */
export const namespaceLifecycle: AdmissionPlugin = {
  name: "NamespaceLifecycle",
  admit({ operation, resource, namespace, name, subresource }, registry) {
    const { group, plural } = resource.kind;
    if (operation === "DELETE" && group === "" && plural === "namespaces" && immortal.has(name))
      throw forbidden(namespaces, name, "this namespace may not be deleted");
    if (operation !== "CREATE" || !namespace || subresource) return;
    const found = registry.read("", "namespaces", undefined, namespace);
    if (!found) throw notFound(namespaces, namespace);
    const phase = (found.status as { phase?: string } | undefined)?.phase;
    if (phase !== "Terminating" && !found.metadata.deletionTimestamp) return;
    const error = forbidden(
      { group, plural },
      name,
      `unable to create new content in namespace ${namespace} because it is being terminated`,
    );
    throw new ApiStatusError(403, "Forbidden", error.message, {
      ...error.status.details,
      causes: [
        {
          reason: "NamespaceTerminating",
          message: `namespace ${namespace} is being terminated`,
          field: "metadata.namespace",
        },
      ],
    });
  },
};
