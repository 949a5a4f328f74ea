# What the host forwards to this guest comes by vsock, a port for a port, and is found at the address where every guest finds it.
# The kernel's command line names the ports: microvm.forwards=4000,8080.
set -u
address=10.0.2.100
ports=
for word in $(cat "${MICROVM_COMMAND_LINE:-/proc/cmdline}"); do
  case $word in microvm.forwards=*) ports=${word#*=} ;; esac
done
[ -n "$ports" ] || exit 0

ip address add "$address/32" dev lo
for port in ${ports//,/ }; do
  # 2 is the host.
  socat "TCP-LISTEN:$port,bind=$address,fork,reuseaddr" "VSOCK-CONNECT:2:$port" &
done
wait
