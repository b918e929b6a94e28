# fails: ranges
ssh ops-control 'printf "pods={{webPods}}\nservices={{webServices}}\ncni=10-calico.conflist\n" > /root/{{rangesFile}}'
