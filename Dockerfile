# The image of Deploy. It builds with BuildKit and with the classic builder, so nothing here may require
# BuildKit (no RUN --mount, no here-documents, no COPY --chmod). The last stage copies only the finished
# server from the first: the result contains no compiler and no development dependencies.
#
#   docker build --tag deploy .
#   docker run --detach --name deploy --restart always --publish 8080:8080 \
#     --volume /etc/deploy:/etc/deploy:ro --volume deploy-data:/var/lib/deploy \
#     --volume /var/run/docker.sock:/var/run/docker.sock \
#     --group-add "$(stat --format %g /var/run/docker.sock)" deploy
#
# It runs as user 1000 (`node`), which needs to be in the socket's group to reach the engine: hence
# --group-add. compose.yaml uses a socket proxy instead.

ARG BUILD_IMAGE=node:24-bookworm-slim
ARG RUNTIME_IMAGE=node:24-bookworm-slim

FROM ${BUILD_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
# No dependency needs its install script: native parts are prebuilt.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json tsconfig.types.json nest-cli.json ./
COPY src ./src
COPY scripts/bundle-dependencies.ts ./scripts/
# Optional dependencies are TypeScript itself, and accelerators that would have to be compiled.
RUN npm run build \
    && npm prune --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund

FROM ${RUNTIME_IMAGE} AS runtime
ENV NODE_ENV=production \
    DEPLOY_LISTEN=0.0.0.0:8080 \
    DEPLOY_CONFIG=/etc/deploy/deploy.yaml \
    DEPLOY_STORAGE=sqlite:/var/lib/deploy/deploy.db
RUN mkdir -p /etc/deploy /var/lib/deploy \
    && chown 1000:1000 /var/lib/deploy \
    && chmod 0700 /var/lib/deploy
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY LICENSE ./
USER 1000:1000
VOLUME /var/lib/deploy
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.DEPLOY_LISTEN.split(':').pop() + '/health/live').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# `docker run deploy check` only reads the configuration.
ENTRYPOINT ["node", "/app/dist/main.js"]
