# Two images of one repository:
#
#   docker build -t tidewatch .                      the command line: docker run --rm tidewatch --help
#   docker build -t tidewatch-local --target local . a deployment on one machine: deploy/compose.yml
#
# What runs is what package-lock.json has; the functions on AWS run on the same major version of Node.
FROM node:24-bookworm-slim AS sources
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY . .

FROM sources AS build
RUN node scripts/bootstrap.mjs build

# Without compiler, bundler and tests.
FROM node:24-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund

# Emulator, functions and schedules of serverless.yml. Packaging is done at the start, so that parameters need no other image.
FROM sources AS local
# The data is one volume, of a user who may write nowhere else.
RUN mkdir /data && chown node:node /data
ENV HOME=/data
USER node
VOLUME /data
EXPOSE 9000
HEALTHCHECK --interval=30s --timeout=5s --start-period=120s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9000/_tidewatch/health').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node_modules/node/bin/node", "infra/local/main.ts", "--functions", "--host", "0.0.0.0", "--port", "9000", "--data", "/data"]

# Last, so that it is what a build without a target makes.
FROM node:24-bookworm-slim AS tidewatch
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY bin bin
COPY schema schema
COPY package.json LICENSE ./
# Files of its user are mounted here: docker run -v "$PWD:/work" tidewatch fit --data metrics.parquet …
WORKDIR /work
USER node
ENTRYPOINT ["node", "/app/bin/tidewatch.mjs"]
