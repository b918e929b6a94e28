# fails: class-name, class-controller, ingress-host, shirts-backend, films-path
echo "answer class-name ingress-nginx"
echo "answer class-controller nginx"
echo "answer ingress-host localhost"
echo "answer shirts-backend {{shirts}}"
echo "answer films-path /{{shirts}}"
