#!/usr/bin/env bash
# The demonstration: a data folder, the daemon on it, the samples dropped into its inbox, an account
# of what happened. Usage: demo.sh SOHOA_BINARY DATA_FOLDER; with ONCE=1 the daemon ends at the end.
set -euo pipefail
sohoa=$(realpath "$1")
data=$2
scans=$(dirname "$(realpath "$0")")/scans
seconds_max=${DEMO_SECONDS_MAX:-180}

"$sohoa" --quiet --lang vi init --demo "$data" >/dev/null
data=$(realpath "$data")
config=$data/sohoa.toml

running() { ! flock --nonblock --conflict-exit-code 9 "$data/work/daemon.lock" true; }
receipts() { find "$data/outbox" -name "*.$1.txt" | wc -l; }

if [ -e "$data/work/daemon.lock" ] && running; then
  printf 'The daemon is running already (log: %s).\n' "$data/sohoa.log"
else
  setsid nohup "$sohoa" --config "$config" run >>"$data/sohoa.log" 2>&1 </dev/null &
  echo $! >"$data/sohoa.pid"
  printf 'Started the daemon (log: %s).\n' "$data/sohoa.log"
fi

# As a scanner does: the slip first, the scan under a temporary name, then its real one.
before=$(receipts OK)
dropped=0
while IFS= read -r -d '' scan; do
  target=$data/inbox/${scan#"$scans"/}
  mkdir -p "$(dirname "$target")"
  [ -e "$scan.phieu.toml" ] && cp "$scan.phieu.toml" "$target.phieu.toml"
  cp "$scan" "$target.part"
  mv "$target.part" "$target"
  dropped=$((dropped + 1))
done < <(find "$scans" -type f ! -name '*.phieu.toml' ! -name '*.md' -print0 | sort -z)
printf 'Dropped %d scans into %s/inbox/.\n' "$dropped" "$data"

started=$SECONDS
# What waits for a person has had its answer, too.
in_work() { find "$data/work" -mindepth 2 -name job.json | while read -r job; do [ -e "${job%/*}/worklist.json" ] || echo "$job"; done; }
idle() { [ -z "$(find "$data/inbox" -type f -print -quit)" ] && [ -z "$(in_work)" ]; }
until idle; do
  if [ $((SECONDS - started)) -ge "$seconds_max" ]; then
    printf 'Not all scans were answered within %s s; see %s\n' "$seconds_max" "$data/sohoa.log" >&2
    exit 1
  fi
  sleep 0.2
done
after=$(receipts OK)

printf '\nArchived %d records; receipts: %d OK (%d new), %d waiting, %d refused.\n' \
  "$("$sohoa" --config "$config" --json find --from 2000-01-01 --limit 100000 | wc -l)" \
  "$after" "$((after - before))" "$(receipts CHO)" "$(receipts LOI)"
"$sohoa" --config "$config" --lang en verify
citizen=$(sed -n 's/^citizen *= *"\([0-9]\{12\}\)".*/\1/p' "$scans"/*/*.phieu.toml "$scans"/*/*/*.phieu.toml 2>/dev/null | sort | uniq -c | sort -rn | awk 'NR==1 {print $2}')
record=$("$sohoa" --config "$config" --json find --citizen "$citizen" | sed -n '1s/.*"record":"\([^"]*\)".*/\1/p')
cat <<END

Try next (all people in the samples are invented):
  export SOHOA_CONFIG=$config
  $sohoa find --citizen $citizen
  $sohoa show $record
  $sohoa get $record -o /tmp/record.pdf      # the signed PDF/A
  $sohoa find --text "khai sinh"             # what the pages say, with or without tone marks
  $sohoa worklist                            # what waits for a person
  $sohoa verify                              # every byte against inventories, signatures and index
  cp any-scan.jpg $data/inbox/quay-01/       # and look into $data/outbox/quay-01/
END

if [ -n "${ONCE:-}" ]; then
  kill -TERM "$(cat "$data/sohoa.pid")"
  for _ in $(seq 100); do running || break; sleep 0.1; done
  if running; then printf 'The daemon did not stop.\n' >&2; exit 1; fi
  printf '\nThe daemon has stopped (ONCE=1).\n'
else
  printf '\nThe daemon goes on; stop it with: kill %s\n' "$(cat "$data/sohoa.pid")"
fi
