const prefix = "system:serviceaccount:";

export const serviceAccountUser = (namespace: string, name: string) => `${prefix}${namespace}:${name}`;

export function parseServiceAccountName(user: string): { namespace: string; name: string } | undefined {
  if (!user.startsWith(prefix)) return undefined;
  const [namespace, name, ...rest] = user.slice(prefix.length).split(":");
  return namespace && name && rest.length === 0 ? { namespace, name } : undefined;
}

export const serviceAccountGroups = (namespace: string) => [
  "system:serviceaccounts",
  `system:serviceaccounts:${namespace}`,
  "system:authenticated",
];
