import { isConflict, isNotFound } from "@/lib/cluster/client/status";
import type { KubeObject } from "@/lib/cluster/resources/kind";
import type { Secret } from "@/lib/cluster/resources/types";
import type { Api } from "../api";
import { clone } from "../json";
import { deleteObject } from "../registry/delete";
import { internalContext } from "../registry/registry";
import { updateObject } from "../registry/update";
import { collectionId } from "../store/store";

export const tokenSecretType = "kubernetes.io/service-account-token";
const nameKey = "kubernetes.io/service-account.name";
const uidKey = "kubernetes.io/service-account.uid";
const context = internalContext("kube-controller-manager");

type Account = KubeObject & { secrets?: { name?: string }[] };

/**
 * Fills secrets of type service-account-token with a token, the cluster's CA and the namespace, and deletes those whose
 * account is gone (kubernetes 1.34 pkg/controller/serviceaccount/tokens_controller.go). Returns the release.
 */
export function keepTokenSecrets({ registry, tokens, ca, logger }: Api): () => void {
  const secrets = registry.resource({ group: "", version: "v1", plural: "secrets" });
  const accounts = registry.resource({ group: "", version: "v1", plural: "serviceaccounts" });
  let turn: Promise<void> = Promise.resolve();
  const enqueue = (work: () => Promise<unknown>) => {
    turn = turn
      .then(work)
      .then(() => undefined)
      .catch((failure: unknown) => {
        if (isNotFound(failure) || isConflict(failure)) return; // an event of what is newer comes, too
        logger.error({ err: failure }, "a service account's token secret could not be kept");
      });
  };
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  const ownerOf = ({ metadata: { namespace, annotations } }: Secret): Account | undefined => {
    const account = registry.read("", "serviceaccounts", namespace, annotations?.[nameKey] ?? "");
    const uid = annotations?.[uidKey];
    return account && (!uid || uid === account.metadata.uid) ? account : undefined;
  };

  const fill = async (namespace: string | undefined, name: string) => {
    const secret = registry.read("", "secrets", namespace, name) as Secret | undefined;
    if (!secret || secret.type !== tokenSecretType || secret.metadata.deletionTimestamp) return;
    const account = ownerOf(secret);
    if (!account) {
      const preconditions = { uid: secret.metadata.uid };
      return void (await deleteObject(registry, secrets, namespace, name, context, { preconditions }));
    }
    const { data = {}, metadata } = secret;
    const wanted: Record<string, string> = { ...data };
    if (ca.certificatePem) wanted["ca.crt"] = base64(ca.certificatePem);
    wanted.namespace ||= base64(namespace!);
    const isFilled =
      data.token &&
      metadata.annotations?.[uidKey] &&
      Object.entries(wanted).every(([key, value]) => data[key] === value);
    if (isFilled) return;
    wanted.token ||= base64(tokens.issueLegacy(account, name));
    const change = (current: KubeObject) => {
      const next = clone(current) as Secret;
      next.data = { ...next.data, ...wanted };
      next.metadata.annotations = {
        ...next.metadata.annotations,
        [nameKey]: account.metadata.name,
        [uidKey]: account.metadata.uid!,
      };
      return next;
    };
    await updateObject(registry, secrets, namespace, name, change, context);
  };

  const forget = async ({ metadata: { namespace, name, annotations } }: Secret) => {
    const account = registry.read("", "serviceaccounts", namespace, annotations?.[nameKey] ?? "") as
      | Account
      | undefined;
    if (!account?.secrets?.some((one) => one.name === name)) return;
    const change = (current: KubeObject) => {
      const next = clone(current) as Account;
      next.secrets = next.secrets?.filter((one) => one.name !== name);
      if (!next.secrets?.length) delete next.secrets;
      return next;
    };
    await updateObject(registry, accounts, namespace, account.metadata.name, change, context);
  };

  const store = (plural: string) => registry.store.collection(collectionId("", plural));
  const enqueueSecret = ({ type, metadata: { namespace, name } }: Secret) => {
    if (type === tokenSecretType) enqueue(() => fill(namespace, name));
  };
  for (const { object } of store("secrets").list()) enqueueSecret(object as Secret);
  const releases = [
    store("secrets").subscribe(({ type, entry }) => {
      const secret = entry.object as Secret;
      if (type !== "DELETED") enqueueSecret(secret);
      else if (secret.type === tokenSecretType) enqueue(() => forget(secret));
    }),
    store("serviceaccounts").subscribe(({ type, entry }) => {
      if (type !== "DELETED") return;
      for (const { object } of store("secrets").list(entry.object.metadata.namespace))
        if (object.metadata.annotations?.[nameKey] === entry.object.metadata.name)
          enqueueSecret(object as Secret);
    }),
  ];
  return () => releases.forEach((release) => release());
}
