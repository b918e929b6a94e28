# fails: traffic-types, not-carried, without-annotations, teams, allowed-default
echo "answer traffic-types HTTP"
echo "answer not-carried WebSockets"
echo "answer without-annotations choose by host and path"
echo "answer teams teams are told apart by annotations"
echo "answer allowed-default All"
