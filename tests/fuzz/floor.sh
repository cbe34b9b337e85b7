#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs a libFuzzer target from its corpus and fails if it finds something or covers fewer edges than it
# must: a target that does not reach its reader looks healthy otherwise.
# Usage: floor.sh TARGET CORPUS FEWEST_EDGES [LIBFUZZER OPTION...]   (default: -runs=20000)
set -eu
target=$1 corpus=$2 fewest=$3
shift 3
[ $# -gt 0 ] || set -- -runs=20000
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/new"
if ! "$target" -seed=1 -max_len=65536 -timeout=10 -rss_limit_mb=2048 -artifact_prefix="$work/" "$@" "$work/new" "$corpus" \
  2>"$work/log"; then
  tail -n 60 "$work/log"
  cp "$work"/crash-* "$work"/oom-* "$work"/timeout-* "$work"/leak-* . 2>/dev/null || :
  exit 1
fi
edges=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$work/log" | tail -n 1)
grep -E '^(Done|stat::)' "$work/log" || :
echo "$(basename "$target"): $edges edges (at least $fewest wanted)"
[ "${edges:-0}" -ge "$fewest" ]
