# One image for every process: web (the default), worker, clock, migrate. Each step is a script in
# deploy/ that CI also runs without root in an empty folder (deploy/check-fresh).

FROM node:20-bookworm-slim AS assets
WORKDIR /opt/weidangxiao
COPY package.json package-lock.json .npmrc ./
COPY deploy/ deploy/
RUN deploy/install-assets

FROM python:3.11-slim-bookworm
WORKDIR /opt/weidangxiao
COPY deploy/ deploy/
RUN deploy/install-system runtime
COPY requirements.txt ./
RUN deploy/install-python run
COPY . .
COPY --from=assets /opt/weidangxiao/server/static/vendor server/static/vendor
USER weidangxiao
VOLUME /opt/weidangxiao/var
EXPOSE 8000
ENTRYPOINT ["deploy/entrypoint"]
CMD ["web", "--server", "granian", "--host", "0.0.0.0"]
