# node: dock01
set -euo pipefail
for number in $(seq {{fillers}}); do
  docker run -d --quiet --name "{{filler}}-$number" busybox sleep infinity
done
docker run -d --quiet --name {{app}} nginx
docker run -d --quiet --name {{shop}} -p {{shopPort}}:80 nginx
