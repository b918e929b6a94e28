# node: ops-node01
sed -i 's#clientCAFile: .*#clientCAFile: /etc/kubernetes/pki/{{wrongCa}}#' /var/lib/kubelet/config.yaml
systemctl disable kubelet
systemctl restart kubelet || true
