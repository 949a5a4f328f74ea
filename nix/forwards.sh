# What the host forwards to this guest comes by vsock, a port for a port, and is found at the address where every guest finds it; its
# gateway likewise. The kernel's command line names the ports: microvm.forwards=4000,8080 microvm.gateway=103128.
set -u
ports=
gateway=
for word in $(cat "${MICROVM_COMMAND_LINE:-/proc/cmdline}"); do
  case $word in
    microvm.forwards=*) ports=${word#*=} ;;
    microvm.gateway=*) gateway=${word#*=} ;;
  esac
done

# connect ADDRESS PORT VSOCK_PORT; 2 is the host. One side may have said all it had to say long before the other. vfkit does not pass
# on that the host's side has closed, so a connection on which nothing was said for ten minutes is taken for one that has ended.
connect() { socat -t 60 -T 600 "TCP-LISTEN:$2,bind=$1,fork,reuseaddr" "VSOCK-CONNECT:2:$3" & }

[ -z "$ports" ] || ip address add 10.0.2.100/32 dev lo
for port in ${ports//,/ }; do connect 10.0.2.100 "$port" "$port"; done
if [ -n "$gateway" ]; then
  ip address add 10.0.2.101/32 dev lo
  connect 10.0.2.101 3128 "$gateway"
fi
wait
