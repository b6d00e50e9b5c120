# syntax=docker/dockerfile:1
# Keyledger for a server: the log and Postgres are given by address, so neither is built in.

FROM node:20-bookworm-slim AS dashboard
WORKDIR /src/dashboard
COPY dashboard/package.json dashboard/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY api/schema.graphql /src/api/schema.graphql
COPY dashboard ./
RUN npm run build

FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
COPY --from=dashboard /src/dashboard/dist dashboard/dist
# Queries are checked against what is recorded in .sqlx, so no database is needed here.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --locked --release --package api --no-default-features \
 && install -D target/release/keyledger /out/keyledger \
 && install -d -m 0700 /out/data

FROM debian:bookworm-slim
# The build image has them; fetching them again would need a package mirror.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/keyledger /usr/local/bin/keyledger
COPY --from=build --chown=10001:10001 /out/data /var/lib/keyledger
USER 10001:10001
ENV KEYLEDGER_LISTEN=0.0.0.0:8080 KEYLEDGER_DATA=/var/lib/keyledger
VOLUME /var/lib/keyledger
EXPOSE 8080
# SIGTERM: no new requests, running commands end, sockets are told to come back.
STOPSIGNAL SIGTERM
ENTRYPOINT ["keyledger"]
CMD ["serve"]
