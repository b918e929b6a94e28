# fails: controlplane-interface, runtime-bridge, bridge-state, scheduler-port
# The bridge taken for the uplink, a bridge that Docker would make, the port of the controller manager.
echo "answer controlplane-interface {{bridge}}"
echo "answer runtime-bridge docker0"
echo "answer bridge-state DOWN"
echo "answer scheduler-port 10257"
