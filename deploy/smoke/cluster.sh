#!/usr/bin/env bash
# The job jar on a stock Flink: one JobManager and two task managers as processes of their own, a
# real broker, and what can happen to a job in production:
#
#   submitted with 'deploy/reslora run --target', trains, its task manager is killed (kill -9), recovers,
#   is stopped with a savepoint ('flink stop'), submitted anew from there ('flink run -s') into the
#   same processes, and goes on. Then an application cluster takes it over, as the compose file's does
#   ('--resume', no high availability): its JobManager is killed, started again, and must go on by
#   itself. At the end every version must be there once, chained, and made of every example once.
#
#   deploy/smoke/cluster.sh [--examples N] [--submissions N] [--keep]
#
#   --examples N     of each of two adapters (default 800: 10 versions each; the application adds 4)
#   --submissions N  how often the job is submitted, the first included (default 2)
#   --keep           keep the directory with logs, configuration, topics and checkpoints
#
# Flink's lib is made of its artefacts on Maven Central (smoke/flink/pom.xml), the distribution being
# nowhere else to be had by Maven; nothing of this project is in it but what 'deploy/reslora lib' puts
# there. Needs curl. Exit codes: 0 sound, 1 not, 2 wrong usage.
set -euo pipefail

home="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)"
reslora="$home/deploy/reslora"
java="${JAVA_HOME:+$JAVA_HOME/bin/}java"
examples=800
submissions=2
keep=false

batch=8
every_steps=10
adapters=(mild brisk)
slots=2

usage() {
  sed -n 's/^# \{0,1\}//; 2,/^Flink/p' "${BASH_SOURCE[0]}" | sed '$d'
  exit "$1"
}

while [[ $# -gt 0 ]]; do
  case "$1" in
    --examples) examples="${2:?--examples: expected a number}"; shift 2 ;;
    --submissions) submissions="${2:?--submissions: expected a number}"; shift 2 ;;
    --keep) keep=true; shift ;;
    --help) usage 0 ;;
    *) printf 'cluster.sh: unknown argument %s\n' "$1" >&2; usage 2 >&2 ;;
  esac
done

work="$(mktemp -d "${TMPDIR:-/tmp}/reslora-cluster.XXXXXX")"
lib="$work/flink/lib"
conf="$work/flink/conf"
usrlib="$work/flink/usrlib"
mkdir -p "$lib" "$conf" "$usrlib" "$work/log"
declare -A pids=()

say() { printf '%4d s  %s\n' "$SECONDS" "$*"; }

fail() {
  say "FAILED: $*"
  [[ -z "${job:-}" ]] || rest "jobs/$job/exceptions?maxExceptions=3" | head -c 4000 || true
  local log
  for log in "$work"/log/*; do
    grep -HE 'ERROR|Exception|FATAL' "$log" | tail -n 8 || true
  done
  keep=true
  exit 1
}

cleanup() {
  local pid
  for pid in "${pids[@]}"; do
    kill "$pid" 2>/dev/null || true
  done
  sleep 1
  for pid in "${pids[@]}"; do
    kill -9 "$pid" 2>/dev/null || true
  done
  wait 2>/dev/null || true
  if $keep; then
    printf 'logs and state are in %s\n' "$work"
  else
    rm -rf "$work"
  fi
}
trap cleanup EXIT
trap 'exit 1' INT TERM

# await SECONDS WHAT COMMAND...: until the command is true.
await() {
  local limit="$1" what="$2" begin="$SECONDS"
  shift 2
  until "$@"; do
    [[ $((SECONDS - begin)) -lt $limit ]] || fail "$what did not come within $limit s"
    sleep 1
  done
}

# A process in the background, by name; its output goes to its log.
start() {
  local name="$1"
  shift
  "$@" >"$work/log/$name" 2>&1 </dev/null &
  pids[$name]=$!
}

free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 12000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
  done
  echo "$port"
}

## Flink

# What a stock config.yaml and deploy/README.md say; the heartbeat only makes the script quick.
configure() {
  mkdir -p "$conf/$1"
  cat >"$conf/$1/config.yaml" <<YAML
jobmanager:
  rpc: {address: 127.0.0.1, port: $rpc_port}
  memory.process.size: 1g
rest: {address: 127.0.0.1, bind-address: 127.0.0.1, port: $rest_port}
taskmanager:
  resource-id: $1
  host: 127.0.0.1
  numberOfTaskSlots: $slots
  memory:
    process.size: 3g
    jvm-metaspace.size: 256m
    managed.size: 0m
    task.off-heap.size: 1g
  network.memory.buffer-debloat.enabled: true
io.tmp.dirs: $work/tmp/$1
env.java.opts.taskmanager: $task_manager_options
heartbeat: {interval: 2 s, timeout: 20 s}
YAML
  mkdir -p "$work/tmp/$1"
  cat >"$conf/$1/log4j.properties" <<LOG
rootLogger.level = $2
rootLogger.appenderRef.console.ref = Console
appender.console.name = Console
appender.console.type = CONSOLE
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{HH:mm:ss.SSS} %-5p %c{1.} %m%n%throwable
logger.kafka.name = org.apache.kafka
logger.kafka.level = WARN
LOG
}

# Of Flink's own default configuration.
opens=(
  --add-opens=java.base/java.util=ALL-UNNAMED
  --add-opens=java.base/java.lang=ALL-UNNAMED
  --add-opens=java.base/java.time=ALL-UNNAMED
)
task_manager_options="-Dai.djl.offline=true -XX:TrimNativeHeapInterval=30000"

# flink_java NAME WORDS...: java on the distribution's class path, as its scripts make it.
flink_java() {
  local name="$1"
  shift
  FLINK_CONF_DIR="$conf/$name" FLINK_LIB_DIR="$lib" exec "$java" "${opens[@]}" \
    -Dlog4j.configurationFile="$conf/$name/log4j.properties" -cp "$lib/*:$lib/djl/*" "$@"
}

flink() { (flink_java client org.apache.flink.client.cli.CliFrontend "$@"); }

# Heap, direct memory and metaspace by Flink's own arithmetic (what bin/taskmanager.sh calls).
memory() {
  (flink_java "$2" org.apache.flink.runtime.util.bash.BashJavaUtils "$1" --configDir "$conf/$2") \
    2>"$work/log/memory-$2" | sed -n 's/^BASH_JAVA_UTILS_EXEC_RESULT://p'
}

start_job_manager() {
  local options
  options="$(memory GET_JM_RESOURCE_PARAMS jobmanager | head -n 1)"
  # shellcheck disable=SC2086 # options are words
  start jobmanager flink_java jobmanager $options \
    org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint --configDir "$conf/jobmanager"
}

start_task_manager() {
  local options dynamic
  { read -r options; read -r dynamic; } < <(memory GET_TM_RESOURCE_PARAMS "$1")
  # shellcheck disable=SC2086
  start "$1" env OMP_NUM_THREADS=1 MALLOC_MMAP_THRESHOLD_=33554432 MALLOC_TRIM_THRESHOLD_=268435456 \
    MALLOC_TOP_PAD_=16777216 MALLOC_ARENA_MAX=2 \
    FLINK_CONF_DIR="$conf/$1" "$java" "${opens[@]}" $options $task_manager_options \
    -Dlog4j.configurationFile="$conf/$1/log4j.properties" -cp "$lib/*:$lib/djl/*" \
    org.apache.flink.runtime.taskexecutor.TaskManagerRunner --configDir "$conf/$1" $dynamic
}

rest() { curl -sf --max-time 5 "http://127.0.0.1:$rest_port/$1"; }

cluster_is_up() { rest overview 2>/dev/null | grep -q '"taskmanagers":2'; }

# The application's JobManager runs the job's main class, each time that it is started.
start_application() {
  local options
  options="$(memory GET_JM_RESOURCE_PARAMS jobmanager | head -n 1)"
  # shellcheck disable=SC2086
  FLINK_HOME="$work/flink" start "$1" flink_java jobmanager $options \
    org.apache.flink.container.entrypoint.StandaloneApplicationClusterEntryPoint --configDir "$conf/jobmanager" \
    --job-classname dev.reslora.pipeline.ResLoraJob --resume --config "$work/job.yaml"
}

application_runs() {
  job="$(rest jobs/overview 2>/dev/null | grep -oE '"jid":"[0-9a-f]{32}"' | head -n 1 | grep -oE '[0-9a-f]{32}' || true)"
  [[ -n "$job" ]] && job_runs
}

kill_process() {
  disown "${pids[$1]}"
  kill -9 "${pids[$1]}"
  unset "pids[$1]"
}

produce_to_all() {
  local adapter
  for adapter in "${adapters[@]}"; do
    start "produce-$adapter" "$reslora" produce sotu --bootstrap-servers "$broker" --adapter "$adapter" \
      --limit "$1" --rate 12
  done
}

await_producers() {
  local adapter
  for adapter in "${adapters[@]}"; do
    wait "${pids[produce-$adapter]}" || fail "produce failed; see $work/log/produce-$adapter"
    unset "pids[produce-$adapter]"
  done
}

# Every subtask of the job runs.
job_runs() {
  local tasks
  tasks="$(rest jobs/overview | grep -o "\"jid\":\"$job\"[^}]*}" || true)"
  [[ "$tasks" == *'"state":"RUNNING"'* && -n "$tasks" ]] || return 1
  [[ "$(grep -o '"running":[0-9]*' <<<"$tasks")" == "\"running\":$(sed -E 's/.*"total":([0-9]+).*/\1/' <<<"$tasks")" ]]
}

# The task manager of the train stage's first subtask.
trains_on() {
  local vertex
  vertex="$(rest "jobs/$job" | grep -oE '"id":"[0-9a-f]{32}"[^{}]*"name":"train' | grep -oE '[0-9a-f]{32}' | head -n 1)"
  rest "jobs/$job/vertices/$vertex/taskmanagers" | grep -oE '"taskmanager-id":"[^"]*"' | head -n 1 | cut -d'"' -f4
}

runs_elsewhere() { job_runs && [[ "$(trains_on)" != "$killed" ]]; }

## The job

submitted() { sed -nE 's/.*(submitted as|JobID) ([0-9a-f]{32}).*/\2/p' | head -n 1; }

# Whole versions on the serving topic.
versions() {
  "$reslora" snapshots list --bootstrap-servers "$broker" --json 2>>"$work/log/snapshots" \
    | grep -cE '"version" ?:' || true
}

# Every look is a JVM's start, which takes its time from the training.
has_versions() {
  count="$(versions)"
  [[ "$count" -ge "$1" ]] || { sleep 3; return 1; }
}

resident() {
  local kb
  kb="$(sed -nE 's/VmRSS:[[:space:]]*([0-9]+) kB/\1/p' "/proc/${pids[$1]}/status" 2>/dev/null)"
  echo "$((${kb:-0} / 1024)) MiB"
}

## The run

say "building what is missing"
"$reslora" --version >/dev/null
export RESLORA_NO_BUILD=1
"$home/mvnw" --batch-mode -q -f "$home/deploy/smoke/flink/pom.xml" dependency:copy-dependencies \
  -DincludeScope=runtime -DexcludeGroupIds=org.jspecify -DoutputDirectory="$lib" \
  >"$work/log/lib" 2>&1 || fail "Flink's jars could not be had; see $work/log/lib"
say "Flink's lib: $(find "$lib" -name '*.jar' | wc -l) jars of Flink, $("$reslora" lib "$lib/djl" | sed 's/ jars.*//') of the native engine"
"$reslora" model import minilm-q --to "$work/model" >"$work/log/model" 2>&1 || fail "no model; see $work/log/model"
SECONDS=0

rpc_port="$(free_port)"
rest_port="$(free_port)"
broker_port="$(free_port)"
broker="127.0.0.1:$broker_port"
configure client ERROR
for name in jobmanager tm1 tm2; do configure "$name" INFO; done
start broker "$java" -Xmx384m -XX:+UseSerialGC -Dlog4j2.configurationFile=log4j2-local.properties \
  -cp "$home/pipeline/target/classes:$(<"$home/pipeline/target/local.classpath")" \
  dev.reslora.pipeline.local.LocalBroker "$work/broker" "$broker_port" $$
start_job_manager
start_task_manager tm1
start_task_manager tm2
await 120 "the cluster" cluster_is_up
say "a broker, a JobManager and two task managers of $slots slots are up"

cat >"$work/job.yaml" <<YAML
reslora:
  job: {name: smoke, parallelism: $slots}
  kafka.bootstrap-servers: $broker
  model.directory: $work/model
  checkpoint: {directory: "file://$work/checkpoints", interval: 2 s}
  model.max-tokens: 64
  training.batch-examples: $batch
  snapshot: {every-steps: $every_steps, retain: 0}   # every version is counted
  state.cache-bytes: 64 mb
flink.restart-strategy.exponential-delay.initial-backoff: 1 s
YAML
job="$("$reslora" run --target "127.0.0.1:$rest_port" --config "$work/job.yaml" --create-topics 2>"$work/log/run" | submitted || true)"
[[ -n "$job" ]] || fail "'run --target' did not submit the job; see $work/log/run"
await 120 "the job" job_runs
say "job $job runs, submitted with 'reslora run --target'"

produce_to_all "$examples"

await 120 "the first versions" has_versions 2
killed="$(trains_on)"
[[ -n "$killed" && -n "${pids[$killed]:-}" ]] || fail "no task manager trains"
kill_process "$killed"
say "$count versions are out; killed $killed, which trained"
before=$count
await 120 "the recovery" runs_elsewhere
survivor="$(trains_on)"
say "recovered on $survivor"
await 120 "versions after the recovery" has_versions $((before + 2))
say "$count versions are out; $survivor holds $(resident "$survivor")"

jar="$(ls "$home"/pipeline/target/reslora-pipeline-*-job.jar)"
for ((submission = 2; submission <= submissions; submission++)); do
  savepoint="$(flink stop --savepointPath "file://$work/savepoints" "$job" 2>&1 \
    | tee "$work/log/stop" | sed -nE 's/.*Path: (.*)$/\1/p' || true)"
  [[ -n "$savepoint" ]] || fail "no savepoint; see $work/log/stop"
  job="$(flink run -d -s "$savepoint" "$jar" --config "$work/job.yaml" 2>&1 | tee "$work/log/resubmit" | submitted || true)"
  [[ -n "$job" ]] || fail "'flink run' did not submit the job; see $work/log/resubmit"
  await 120 "the job's next run" job_runs
  [[ "$(trains_on)" == "$survivor" ]] || fail "the next run trains on $(trains_on), expected $survivor"
  say "stopped with a savepoint; submission $submission, with 'flink run -s', runs on $survivor, which holds $(resident "$survivor")"
done

expected=$((${#adapters[@]} * (examples / (batch * every_steps))))
await 240 "the last of $expected versions" has_versions "$expected"
await_producers
say "$count versions are out"

# Where 'run' and '--resume' look.
flink stop --savepointPath "file://$work/checkpoints/savepoints" "$job" >"$work/log/stop" 2>&1 || fail "no savepoint; see $work/log/stop"
kill_process jobmanager
cp "$jar" "$usrlib/"
start_application application-1
await 120 "the application" application_runs
say "stopped with a savepoint; an application cluster took over from it"
more=$((2 * batch * every_steps))
produce_to_all "$more"
await 120 "the application's first versions" has_versions $((expected + 2))
before=$count
kill_process application-1
start_application application-2
await 120 "the application's return" application_runs
say "$before versions were out; killed the application's JobManager, started again it went on by itself"
await_producers
produce_to_all "$more"
expected=$((expected + 4 * ${#adapters[@]}))
await 120 "the last of $expected versions" has_versions "$expected"
await_producers
verdict="$("$reslora" snapshots verify --bootstrap-servers "$broker" 2>&1)" || fail "$verdict"
[[ "$count" -eq "$expected" ]] || fail "expected $expected versions, found $count"
say "$verdict"
"$reslora" snapshots list --bootstrap-servers "$broker"
say "$survivor holds $(resident "$survivor")"
say "stopping"
flink stop --savepointPath "file://$work/savepoints" "$job" >"$work/log/stop" 2>&1 || fail "no last savepoint; see $work/log/stop"
say "sound"
