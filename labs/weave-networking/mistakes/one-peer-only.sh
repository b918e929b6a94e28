# fails: shares
sed -i '$d' /root/{{ownersFile}}
