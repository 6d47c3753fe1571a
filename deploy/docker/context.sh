#!/usr/bin/env bash
# Gathers what the images are made of; docker build copies it and builds nothing.
#
#   deploy/docker/context.sh DIR
#   docker build -t reslora:0.1.0 --target cpu DIR
#   docker build -t reslora-cli:0.1.0 --target cli DIR
#
# For the CUDA variant unpack libtorch 2.7.1 (C++11 ABI, cu128, "shared with deps") into DIR, so that
# DIR/libtorch/lib/libtorch_cuda.so is there, then
#
#   docker build -t reslora:0.1.0-cuda --target cuda DIR
set -euo pipefail

[[ $# -eq 1 ]] || { sed -n 's/^# \{0,1\}//; 2,/^$/p' "${BASH_SOURCE[0]}" >&2; exit 2; }
home="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)"
mkdir -p "$1"
context="$(cd "$1" && pwd -P)"

"$home/deploy/reslora" lib "$context/djl"
rm -rf "$context/job" "$context/cli"
mkdir -p "$context/job" "$context/cli"
cp "$home"/pipeline/target/reslora-pipeline-*-job.jar "$context/job/reslora-job.jar"
IFS=: read -ra jars <<<"$(<"$home/pipeline/target/local.classpath")"
for jar in "${jars[@]}"; do
  [[ "$jar" == *-tests.jar ]] || cp "$jar" "$context/cli/"
done
find "$home/pipeline/target" -maxdepth 1 -name 'reslora-pipeline-*.jar' ! -name '*-job.jar' ! -name '*-tests.jar' \
  -exec cp {} "$context/cli/" \;
cp "$home/deploy/docker/Dockerfile" "$home/deploy/docker/cli.sh" "$context/"
du -sh "$context"
