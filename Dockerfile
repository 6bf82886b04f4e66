# Framemood without a GPU. Text reading (EasyOCR, which brings PyTorch) is left out
# unless OCR=true, so the image stays small; see docs/deploy.md.
ARG PYTHON=3.11

FROM python:${PYTHON}-slim-bookworm AS build
ARG OCR=false
# Further packages, such as psycopg2-binary for MLflow on PostgreSQL.
ARG EXTRA=""
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY requirements.txt /build/requirements.txt
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
# EXTRA may name several, so it is meant to be split.
# hadolint ignore=SC2086
RUN python -m venv /venv \
    && if [ "$OCR" = true ]; then cp /build/requirements.txt /build/wanted.txt; \
       else grep -v '^easyocr' /build/requirements.txt > /build/wanted.txt; fi \
    && /venv/bin/pip install -r /build/wanted.txt $EXTRA

FROM python:${PYTHON}-slim-bookworm AS run
COPY packages.txt /tmp/packages.txt
# The list is the one the other ways to install read; versions are the distribution's.
# hadolint ignore=DL3008,SC2046
RUN apt-get update \
    && apt-get install -y --no-install-recommends $(cat /tmp/packages.txt) \
    && rm -rf /var/lib/apt/lists/* /tmp/packages.txt \
    && useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin framemood \
    && install -d -o framemood -g framemood /data
COPY --from=build /venv /venv
WORKDIR /app
COPY app.py packages.txt ./
COPY core core
COPY ui ui
COPY models models
COPY catalog catalog
# Compiled now, because the root file system is read-only later.
RUN /venv/bin/python -m compileall -q /app \
    && chmod -R a+rX,go-w /app
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp \
    GRADIO_TEMP_DIR=/tmp/gradio \
    MODELS_DIR=/data/models \
    RECORDS_DIR=/data/records \
    LOG_FORMAT=json \
    HOST=0.0.0.0 \
    PORT=7860
USER 10001
VOLUME ["/data", "/tmp"]
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/health', timeout=4)"]
CMD ["python", "app.py"]
