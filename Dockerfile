# Builds the Debian package, and installs it in an image without a compiler. Each step is a script, which Tests/Packaging runs in
# a clean root: build.sh with a finished debug build, install.sh and health.sh as here.
FROM swift:6.2-bookworm AS build
WORKDIR /sendlog
COPY . .
RUN scripts/image/build.sh /package

FROM debian:bookworm-slim
RUN --mount=type=bind,from=build,source=/,target=/build /build/sendlog/scripts/image/install.sh /build/package
USER sendlog
WORKDIR /var/lib/sendlog
VOLUME /var/lib/sendlog
EXPOSE 8080
# Containers are reached from outside. The configuration is in the environment: SENDLOG_DATABASE, SENDLOG_HTTP_PORT, …
ENV SENDLOG_HTTP_HOST=0.0.0.0 SENDLOG_LOG_FORMAT=json
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["/usr/lib/sendlog/health.sh"]
ENTRYPOINT ["/usr/bin/sendlog"]
CMD ["serve"]
