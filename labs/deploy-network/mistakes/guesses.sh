# fails: reason, old-url, policies
echo "answer reason the scheduler found no node"
echo "answer old-url the server wants a login"
echo "answer policies resolve the names of services"
