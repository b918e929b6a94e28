import type { Fault } from "@/lib/contract/fault";

type Certificate = Extract<Fault, { fault: "certificate-expired" }>["certificate"];

const pki = "/etc/kubernetes/pki";

/** Replaces a certificate by one of the same key, subject and names that ended 35 days ago. Runs on the control plane. */
export function expiredCertificateScript(certificate: Certificate, node: string): string {
  const authority =
    certificate === "etcd-server" || certificate === "apiserver-etcd-client" ? `${pki}/etcd/ca` : `${pki}/ca`;
  return `set -euo pipefail
expire() { # CERTIFICATE KEY: prints the new one
  local work; work=$(mktemp -d)
  openssl x509 -x509toreq -in "$1" -signkey "$2" -copy_extensions copy -out "$work/request" 2>/dev/null
  : > "$work/index"
  printf '%s\\n' '[ca]' 'default_ca=own' '[own]' "database=$work/index" "new_certs_dir=$work" 'rand_serial=yes' \\
    'default_md=sha256' 'policy=any' 'copy_extensions=copy' '[any]' 'commonName=supplied' 'organizationName=optional' > "$work/config"
  openssl ca -batch -notext -preserveDN -config "$work/config" -in "$work/request" -cert ${authority}.crt -keyfile ${authority}.key \\
    -startdate "$(date -u -d '-400 days' +%Y%m%d%H%M%SZ)" -enddate "$(date -u -d '-35 days' +%Y%m%d%H%M%SZ)" 2>/dev/null
  rm -r "$work"
}
${steps(certificate, node)}`;
}

function steps(certificate: Certificate, node: string): string {
  if (certificate === "kubelet")
    return `file=/var/lib/kubelet/pki/kubelet-client-current.pem
work=$(mktemp)
ssh ${node} cat $file > "$work"
{ expire "$work" "$work"; sed -n '/PRIVATE KEY/,/PRIVATE KEY/p' "$work"; } | ssh ${node} "cat > $file"
rm "$work"
ssh ${node} 'systemctl restart kubelet || true'
`;
  if (certificate === "admin")
    return `file=/etc/kubernetes/admin.conf
work=$(mktemp -d)
for part in certificate key; do sed -n "s/ *client-$part-data: //p" $file | base64 -d > "$work/$part"; done
old=$(sed -n 's/ *client-certificate-data: //p' $file)
new=$(expire "$work/certificate" "$work/key" | base64 -w0)
sed -i "s#$old#$new#" $file /root/.kube/config
rm -r "$work"
`;
  const name = certificate === "etcd-server" ? "etcd/server" : certificate;
  const pod = certificate === "etcd-server" ? "etcd" : "kube-apiserver";
  return `expire ${pki}/${name}.crt ${pki}/${name}.key > /root/.expired
cat /root/.expired > ${pki}/${name}.crt
rm /root/.expired
crictl stop $(crictl ps -q --name ${pod})
${pod === "etcd" ? "crictl stop $(crictl ps -q --name kube-apiserver)\n" : ""}`;
}
