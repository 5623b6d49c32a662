# The release build in one image: the program, its site files, no models (pull them into the volume).
FROM rust:1-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends cmake libopenblas-dev nodejs npm python3 unzip && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN bash scripts/toolchain.sh && bash scripts/tools.sh && bash scripts/build.sh release

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates curl libgomp1 libopenblas0 python3-pip unzip && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home /var/lib/millrace --create-home millrace
COPY --from=build /src/target/release/millrace /usr/local/lib/millrace/millrace
COPY --from=build /src/target/site /usr/local/lib/millrace/site
RUN ln -s /usr/local/lib/millrace/millrace /usr/local/bin/millrace
USER millrace
WORKDIR /var/lib/millrace
ENV MILLRACE_DATA_DIR=/var/lib/millrace/data MILLRACE_LISTEN=0.0.0.0:3000
VOLUME /var/lib/millrace/data
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD curl -fsS http://127.0.0.1:3000/health/ready || exit 1
ENTRYPOINT ["millrace"]
CMD ["serve"]
