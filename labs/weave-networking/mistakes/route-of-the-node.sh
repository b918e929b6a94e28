# fails: pinned-pod
ssh node01 ip route | grep ^default > /root/{{routeFile}}
