# syntax=docker/dockerfile:1
# One image for every process of examctl; compose and Kubernetes choose the process by its command.
FROM debian:12-slim AS base
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
ENV DEBIAN_FRONTEND=noninteractive NEXT_TELEMETRY_DISABLED=1 EXAMCTL_DATA_DIR=/data EXAMCTL_RUN_DIR=/run/examctl/main
WORKDIR /opt/examctl
COPY --from=node:20-bookworm-slim /usr/local/bin/node /usr/local/bin/node
COPY --from=node:20-bookworm-slim /usr/local/include/node /usr/local/include/node
COPY --from=node:20-bookworm-slim /usr/local/lib/node_modules /usr/local/lib/node_modules
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm \
  && ln -s ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx

FROM base AS build
COPY . .
# Installs the Debian packages and npm packages, builds everything, and makes the file systems of nodes and images.
# The node file system needs mounts, so that last step runs where labd does (see docs/operations.md), not here.
RUN node bin/examctl.mjs setup --programs-only

FROM base AS runtime
COPY debian-packages.txt ./
# hadolint ignore=DL3008,SC2046
RUN apt-get update \
  && apt-get install -y --no-install-recommends $(grep -v '# test:' debian-packages.txt | grep -oE '^[a-z0-9][a-z0-9+.-]*') \
  && rm -rf /var/lib/apt/lists/* \
  && useradd --system --user-group --uid 990 --no-create-home --shell /usr/sbin/nologin examctl \
  && install -d -o examctl -g examctl /data /run/examctl/main
COPY --from=build /opt/examctl /opt/examctl
VOLUME ["/data"]
USER examctl
CMD ["node", "dist/web/main.mjs"]
