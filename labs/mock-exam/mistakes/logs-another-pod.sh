# fails: logs
printf '{{other1}}\n{{lostHost}}\n' > /root/{{logFile}}
