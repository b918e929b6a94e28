# fails: worker-routes
# Quoted as a whole, so the redirection happened over there.
rm /root/{{routesFile}}
ssh node01 'ip route > /root/{{routesFile}}'
