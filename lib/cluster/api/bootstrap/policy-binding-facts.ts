/** Roles of a namespace: the name line is `namespace name`. */
export const roleFacts = `
kube-public system:controller:bootstrap-signer
  core | configmaps | read
  core | configmaps | update | cluster-info
  core events.k8s.io | events | create patch update
kube-system extension-apiserver-authentication-reader
  core | configmaps | read | extension-apiserver-authentication
kube-system system::leader-locking-kube-controller-manager
  core | configmaps | watch
  core | configmaps | get update | kube-controller-manager
  coordination.k8s.io | leases | create get list update watch
  coordination.k8s.io | leasecandidates | create get list update watch
kube-system system::leader-locking-kube-scheduler
  core | configmaps | watch
  core | configmaps | get update | kube-scheduler
  coordination.k8s.io | leases | create get list update watch
  coordination.k8s.io | leasecandidates | create get list update watch
kube-system system:controller:bootstrap-signer
  core | secrets | read
kube-system system:controller:cloud-provider
  core | configmaps | create get list watch
kube-system system:controller:token-cleaner
  core | secrets | delete get list watch
  core events.k8s.io | events | create patch update
`;

/** ClusterRoleBindings besides those of the controllers: `role = subjects`; g: group, u: user, s: service account. */
export const clusterRoleBindingFacts = `
cluster-admin = g:system:masters
system:basic-user = g:system:authenticated
system:discovery = g:system:authenticated
system:kube-controller-manager = u:system:kube-controller-manager
system:kube-dns = s:kube-system/kube-dns
system:kube-scheduler = u:system:kube-scheduler
system:monitoring = g:system:monitoring
system:node =
system:node-proxier = u:system:kube-proxy
system:public-info-viewer = g:system:authenticated g:system:unauthenticated
system:service-account-issuer-discovery = g:system:serviceaccounts
system:volume-scheduler = u:system:kube-scheduler
`;

/** RoleBindings: `namespace name = subjects`. */
export const roleBindingFacts = `
kube-system system::extension-apiserver-authentication-reader extension-apiserver-authentication-reader = u:system:kube-controller-manager u:system:kube-scheduler
kube-system system::leader-locking-kube-controller-manager system::leader-locking-kube-controller-manager = u:system:kube-controller-manager s:kube-system/kube-controller-manager s:kube-system/leader-election-controller
kube-system system::leader-locking-kube-scheduler system::leader-locking-kube-scheduler = u:system:kube-scheduler s:kube-system/kube-scheduler
kube-system system:controller:bootstrap-signer system:controller:bootstrap-signer = s:kube-system/bootstrap-signer
kube-system system:controller:cloud-provider system:controller:cloud-provider = s:kube-system/cloud-provider
kube-system system:controller:token-cleaner system:controller:token-cleaner = s:kube-system/token-cleaner
kube-public system:controller:bootstrap-signer system:controller:bootstrap-signer = s:kube-system/bootstrap-signer
`;
