#!/bin/sh
# One night: certify, keep the result, and write the page over all nights.
#
#   nightly.sh CONFIG RESULTS PUBLIC
#
# Exits with 1 when something turned worse since the night before, and else with
# what the run came to where that is no verdict: 3 for a target that cannot be
# certified, 7 for a user that could not be put back. A target that was not
# conformant yesterday and is not today is no news.
set -u
config=$1 results=$2 public=$3
night=$results/$(date -u +%Y-%m-%d)
mkdir -p "$night" "$public"
finesse-conformance run --config "$config" --out "$night" --progress plain
run=$?
# What the page links to is published beside it; the evidence is large, and 30
# days of it are enough to look into.
find "$results" -name evidence.jsonl.gz -mtime +30 -delete
cp -R "$results/." "$public/results"
finesse-conformance history "$public/results" --html "$public/index.html" --json "$public/history.json"
history=$?
case $run in
0 | 1) exit "$history" ;;
*) exit "$run" ;;
esac
