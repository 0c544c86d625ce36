# One image for every part: a job (the driver), a standalone master, worker or history server, and the pods
# of Kubernetes. launch/container.py says which; README and docs/clusters.md say how.
#
#   docker build -t influencers .
#
# Any Debian or Ubuntu with a Python 3.10 to 3.13 and its venv module will do as the base.
ARG BASE_IMAGE=docker.io/library/python:3.11-slim-bookworm

# ---- What every stage stands on -------------------------------------------------------------------------
FROM ${BASE_IMAGE} AS base

# Versions come from the base's own release of Debian, so that rebuilding takes its security updates.
# libnss-wrapper names a user id that /etc/passwd lacks (docker run --user): Hadoop refuses a nameless one.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends openjdk-17-jre-headless tini libnss-wrapper \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/archives/* /var/log/*

# ---- Python and JVM packages, from the lock files -------------------------------------------------------
FROM base AS packages

# A mirror of your own: --build-arg PIP_INDEX_URL=… --build-arg DEFAULT_ARTIFACT_REPOSITORY=…
ARG PIP_INDEX_URL
ARG DEFAULT_ARTIFACT_REPOSITORY

WORKDIR /opt/influencers
COPY requirements.lock ./
# Every package is the one whose hash the lock names. What runs nothing here goes again: pip itself, the
# packages' own tests, headers and examples, and Spark's largest jar, a store for streaming state.
RUN --mount=type=cache,target=/root/.cache/pip \
    python3 -m venv venv \
    && venv/bin/python -m pip install --disable-pip-version-check --no-input --progress-bar off \
        --require-hashes -r requirements.lock \
    && venv/bin/python -m pip uninstall --yes --quiet pip setuptools \
    && site=$(echo venv/lib/python3.*/site-packages) \
    && find "$site" -type d \( -name tests -o -name include -o -name examples \) -prune -exec rm -rf {} + \
    && rm -rf "$site"/pyspark/data "$site"/pyspark/jars/rocksdbjni-*.jar "$site"/pyarrow/src

# The JVM packages, checked against conf/jvm-packages.toml, so that no start needs a network. For object
# stores: --build-arg OBJECT_STORE=s3 adds hadoop-aws and its bundle of 700 MB.
ARG OBJECT_STORE=
COPY conf/ conf/
COPY launch/ launch/
RUN { venv/bin/python launch/resolve_jars.py --packages conf/jvm-packages.toml --into jars \
        || { cat jars/resolver.log >&2; exit 1; }; } \
    && if [ -n "$OBJECT_STORE" ]; then venv/bin/python launch/resolve_jars.py \
        --packages "conf/jvm-packages-$OBJECT_STORE.toml" --into "jars-$OBJECT_STORE" \
        && mv "jars-$OBJECT_STORE"/*.jar jars/; fi

# ---- The image ------------------------------------------------------------------------------------------
FROM base

ARG VERSION=0.1.0
ARG REVISION=
LABEL org.opencontainers.image.title="influencers" \
      org.opencontainers.image.description="A distributed Spark application that analyses Instagram posts and influencers" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.documentation="README.md and docs/clusters.md of the source"

# The user of Spark's own images, in group 0: another user id in that group (--user "$(id -u):0") writes too.
RUN useradd --uid 185 --gid 0 --no-create-home --home-dir /scratch --shell /usr/sbin/nologin spark \
    && install --directory --owner=185 --group=0 --mode=2775 /data /out /scratch /events

WORKDIR /opt/influencers
COPY --from=packages /opt/influencers/venv venv/
COPY --from=packages /opt/influencers/jars jars/
COPY spark-submit.sh ./
COPY conf/ conf/
COPY launch/ launch/
COPY lib/ lib/
COPY jobs/ jobs/

ENV PATH="/opt/influencers/venv/bin:${PATH}" \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    INFLUENCERS_PYTHON=/opt/influencers/venv/bin/python \
    INFLUENCERS_JARS=/opt/influencers/jars \
    SPARK_LOCAL_DIRS=/scratch \
    MPLCONFIGDIR=/scratch/matplotlib

USER 185
# 4040 a job's page, 7077 and 8080 the master, 8081 a worker, 18080 the history server.
EXPOSE 4040 7077 8080 8081 18080
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "/opt/influencers/launch/health.py"]
# -g: what a job has started hears of its end, too.
ENTRYPOINT ["/usr/bin/tini", "-g", "--", "python", "/opt/influencers/launch/container.py"]
