# fails: logs
echo {{loser}} > /root/{{logFile}}
