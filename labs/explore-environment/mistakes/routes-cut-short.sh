# fails: worker-routes
ssh node01 ip route show default > /root/{{routesFile}}
