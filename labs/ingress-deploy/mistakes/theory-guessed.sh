# fails: without, second-account, status-right, no-account, release, unknown-path
echo "answer without the API server refuses it"
echo "answer second-account the nginx processes inside of the controller's pod"
echo "answer status-right it creates Ingress objects for new Services"
echo "answer no-account the pods run with the account default"
echo "answer release v1.0.0"
echo "answer unknown-path 503"
