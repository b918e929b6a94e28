# fails: worker-routes
ip route > /root/{{routesFile}}
