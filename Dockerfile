# The service as an image. Build: docker build --tag orders .
#
# The image runs `orders serve` as user 65532 and writes no file, so the root file system may be read-only. It has no
# PostgreSQL: set DATABASE_URL. BuildKit is needed (the default since Docker 23), because of the cache mounts.

FROM rust:1.95-bookworm AS build
WORKDIR /src
# .dockerignore leaves only what the build reads.
COPY . .
# The target directory is a cache mount, which is not part of the layer, so the binary is copied out of it.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked -p orders-server \
    && strip -o /orders target/release/orders

FROM debian:bookworm-slim
# Certificate authorities for tls:// brokers, https:// webhooks and https:// key sets. The slim image has none.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY LICENSE /usr/share/doc/orders/LICENSE
COPY --from=build /orders /usr/bin/orders
# A numeric user, so that Kubernetes can check runAsNonRoot.
USER 65532:65532
WORKDIR /
# A container is reached from outside, so the default addresses on loopback would be useless. With --auth header the
# process still refuses to listen here until ORDERS_TRUST_TENANT_HEADER says that a gateway sets the tenant.
ENV ORDERS_LISTEN=0.0.0.0:8080 \
    ORDERS_ADMIN_LISTEN=0.0.0.0:9090 \
    ORDERS_LOG_FORMAT=json
EXPOSE 8080 9090
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["orders", "health"]
ENTRYPOINT ["orders"]
CMD ["serve"]
