#!/bin/sh
# The command line in a container: produce, snapshots, serve, doctor, ... See deploy/reslora for the environment.
# shellcheck disable=SC2086 # options are words
exec java \
  --add-opens=java.base/java.util=ALL-UNNAMED \
  --add-opens=java.base/java.lang=ALL-UNNAMED \
  --add-opens=java.base/java.time=ALL-UNNAMED \
  -XX:MaxRAMPercentage=50 -XX:TrimNativeHeapInterval=30000 \
  -Dai.djl.offline=true \
  -Dlog4j2.configurationFile=log4j2-local.properties \
  ${RESLORA_JAVA_OPTS:-} \
  -cp "/opt/reslora/cli/*" \
  dev.reslora.pipeline.cli.ResLora "$@"
