# attach.sh PERL PROGRAM SOCAT: serves the line of attach.pl, the program, as long as this guest runs, and begins anew when that has died: under
# Apple's framework, which has a device for sockets (0x0013), at a vsock port, elsewhere at the serial port of its name.
set -u
perl=$1 program=$2 socat=$3
system=${MICROVM_SYS:-/sys} devices=${MICROVM_DEVICES:-/dev}

# Fails where there is nothing to serve.
serve() {
  if grep -qsx 0x0013 "$system"/bus/virtio/devices/*/device; then
    "$socat" VSOCK-LISTEN:124,fork "EXEC:$perl $program"
    return 0
  fi
  for port in "$system"/class/virtio-ports/*; do
    { read -r name <"$port/name"; } 2>/dev/null || continue
    [ "$name" = microvm.attach ] || continue
    "$perl" "$program" "$devices/${port##*/}"
    return 0
  done
  return 1
}

# The port appears a moment after the start.
tries=0
until serve; do
  tries=$((tries + 1))
  [ $tries -lt 50 ] || exit
  sleep 0.1
done
while sleep 1; do serve; done
