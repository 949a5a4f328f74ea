# The host says its time, in seconds since 1970, when it went on without this guest (it slept) or was set. Each line is one.
set -u
while read -r now; do
  told=${MICROVM_STATE:-/run/microvm}/told # A runner that waits for its task, which need not wait for the time.
  [ ! -p "$told" ] || echo >"$told"
  [[ $now =~ ^[0-9]{1,12}(\.[0-9]+)?$ ]] && date -s "@$now" >/dev/null && echo "microvm: the host's time is $now"
done
