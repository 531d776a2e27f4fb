# Holdfast's API and one worker in one container, on one database file in the volume /data.
#
#   docker build -t holdfast .
#   docker run -p 127.0.0.1:8787:8787 -v holdfast:/data -e HOLDFAST_TOKEN="$(openssl rand -hex 32)" holdfast
#
# The volume must be a local disk: the file's locks do not hold on a network file system. A task of your own: mount its
# folder, and set HOLDFAST_CONFIG to the config in it. Folders to ingest: mount them, and list them in
# HOLDFAST_INGEST_ROOTS.

FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY . .
RUN npm run build
# Only what runs: the root's dependencies and the example's, from the same lockfile, without the tools that built it.
RUN PATH="$(echo /app/.tmp/pnpm-*/node_modules/.bin):$PATH" \
  && find . -name node_modules -not -path './.tmp/*' -prune -exec rm -rf {} + \
  && pnpm install --prod --frozen-lockfile --filter 'holdfast...' --filter '@holdfast/example-ingest...' \
  && rm -rf .tmp .turbo

FROM node:24-bookworm-slim
ENV NODE_ENV=production \
  HOLDFAST_DATA_DIR=/data \
  # Every interface of the container, and of nothing else: publish the port to loopback, as above, or put a proxy that
  # speaks TLS before it, and then name the proxy's public host in HOLDFAST_ALLOWED_HOSTS.
  HOLDFAST_HOST=0.0.0.0 \
  HOLDFAST_PORT=8787 \
  HOLDFAST_INGEST_ROOTS=/input
WORKDIR /app
COPY --from=build /app /app
RUN install -d -o node -g node -m 0700 /data && install -d -o node -g node /input
USER node
VOLUME /data
EXPOSE 8787
# npm is not in between: it would not pass SIGTERM on. Both processes stop within the ten seconds of `docker stop`.
CMD ["node", "scripts/serve.mjs"]
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.HOLDFAST_PORT}/health`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
