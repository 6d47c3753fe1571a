#!/usr/bin/env bash
# Builds the committed state twice, in two directories, and compares the jars byte for byte.
#
#   deploy/smoke/reproducible.sh [--to DIR]
#
#   --to DIR  where the jars and the bill of materials go when they are the same
#
# Runs no tests. Exit codes: 0 the same, 1 not, 2 wrong usage.
set -euo pipefail

home="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)"
to=
case "${1:-}" in
  "") ;;
  --to) to="${2:?--to: expected a directory}" ;;
  --help) sed -n '2,/^# Runs/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
  *) printf 'reproducible.sh: unknown argument %s\n' "$1" >&2; exit 2 ;;
esac

work="$(mktemp -d "${TMPDIR:-/tmp}/reslora-reproducible.XXXXXX")"
trap 'rm -rf "$work"' EXIT

for place in one another/place; do
  git clone --quiet "$home" "$work/$place"
  (cd "$work/$place" && ./mvnw --batch-mode --no-transfer-progress --quiet -Prelease -DskipTests package)
  (cd "$work/$place" && sha256sum */target/*.jar target/bom.json) >"$work/sums.${place%%/*}"
done

if ! diff "$work/sums.one" "$work/sums.another"; then
  printf 'not the same\n' >&2
  exit 1
fi
cat "$work/sums.one"
printf 'the same, twice\n'
if [[ -n "$to" ]]; then
  mkdir -p "$to"
  find "$work"/one/*/target -maxdepth 1 -name "*.jar" ! -name "*-tests.jar" -exec cp {} "$to" \;
  cp "$work/one/target/bom.json" "$to"
fi
