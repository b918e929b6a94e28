# fails: old-path-status, other-namespace, pay-service, why-second
echo "answer old-path-status 503"
echo "answer other-namespace {{space}}"
echo "answer pay-service webapp-{{payPath}}"
echo "answer why-second an Ingress has at most four paths"
