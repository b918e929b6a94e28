# fails: controller-namespace, controller-name, app-namespace, app-count, ingress-name
echo "answer controller-namespace kube-system"
echo "answer controller-name ingress-nginx"
echo "answer app-namespace default"
echo "answer app-count 2"
echo "answer ingress-name {{shirts}}-service"
