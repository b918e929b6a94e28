# fails: known-names, same-everywhere, one-or-several
echo "answer known-names k8s.io/nginx"
echo "answer same-everywhere neither needs a change, both APIs define what annotations mean"
echo "answer one-or-several one Gateway that lists the paths and their Services"
