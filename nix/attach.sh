# attach.sh PERL PROGRAM SOCAT: serves the line of attach.pl, the program, as long as this guest runs: under Apple's framework, which has a device
# for sockets (0x0013), at a vsock port, elsewhere at the serial port of its name.
set -u
perl=$1 program=$2 socat=$3
if grep -qsx 0x0013 /sys/bus/virtio/devices/*/device; then
  exec "$socat" VSOCK-LISTEN:124,fork "EXEC:$perl $program"
fi
for _ in {1..50}; do
  for port in /sys/class/virtio-ports/*; do
    read -r name <"$port/name" || continue
    [ "$name" != microvm.attach ] || exec "$perl" "$program" "/dev/${port##*/}"
  done 2>/dev/null
  sleep 0.1
done
