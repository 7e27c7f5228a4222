# Stage 1: the pages' scripts. Stage 2: everything that installation needs. Stage 3: what runs, without pip's cache, as
# nobody in particular.
FROM node:22-slim AS front
WORKDIR /app/web/front
COPY web/front ./
RUN npm ci --ignore-scripts --no-audit --no-fund && node build.mjs

FROM python:3.12-slim AS build
WORKDIR /app
RUN python -m venv /venv
COPY requirements.txt constraints.txt ./
RUN /venv/bin/pip install --no-cache-dir -r requirements.txt -c constraints.txt
COPY . .
COPY --from=front /app/web/built web/built
RUN /venv/bin/python -m web.catalogue compile
RUN SECRET_KEY=only-for-collecting-static-files-0123456789-0123456789-0123456789 ASSAY_HOSTS=localhost \
    DATABASE_URL=postgres://localhost/none REDIS_URL=redis://localhost \
    DJANGO_SETTINGS_MODULE=config.settings.production /venv/bin/python manage.py collectstatic --no-input

FROM python:3.12-slim
RUN useradd --system --uid 10001 assay
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER assay
EXPOSE 8000
CMD ["python", "manage.py", "serve", "--host", "0.0.0.0"]
