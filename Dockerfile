# One image for web, worker, scheduler and migrations; docker-compose.yml says which.
FROM python:3.12.12-slim-bookworm

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    SYNCAPP_STATE=/var/lib/syncapp

WORKDIR /app

# The same versions, with the same hashes, that the tests ran on.
COPY requirements.lock ./
RUN pip install --require-hashes --no-deps --requirement requirements.lock

RUN useradd --system --uid 10001 --home-dir /app syncapp \
    && install -d -o syncapp -g syncapp /var/lib/syncapp
COPY . .
RUN python -m compileall -q syncapp connections objects formulas synclogs

USER syncapp
EXPOSE 8000
CMD ["gunicorn", "syncapp.wsgi:application", "--bind=0.0.0.0:8000", "--worker-class=gthread", "--workers=2", \
     "--threads=8", "--no-control-socket", "--access-logfile=-", "--graceful-timeout=20", "--worker-tmp-dir=/dev/shm"]
