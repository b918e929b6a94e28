# fails: who-names, cluster-wide, class-name, controller-name, known-name
echo "answer who-names Gateway"
echo "answer cluster-wide Gateway"
echo "answer class-name nginx-gateway"
echo "answer controller-name k8s.io/nginx"
echo "answer known-name k8s.io/istio"
