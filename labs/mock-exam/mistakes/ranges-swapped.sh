# fails: ranges
ssh ops-control 'sed -i "s/^pods=/x=/; s/^services=/pods=/; s/^x=/services=/" /root/{{rangesFile}}'
