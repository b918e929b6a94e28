# fails: corefile-path, corefile-source, config-map, root-domain, other-names
echo "answer corefile-path /etc/Corefile"
echo "answer corefile-source it is part of the image"
echo "answer config-map kube-dns"
echo "answer root-domain svc.{{zone}}"
echo "answer other-names they are answered with NXDOMAIN"
