#!/bin/sh
# An HTCondor pool on one machine: a submit host that also negotiates, and its nodes, in namespaces of their own, with a network that leads nowhere
# and the root file system of a Debian that has HTCondor.
# condor-lab.sh LAB up ROOT FOLDER[=THERE]... -- NODE...  is process 1 of the lab, which sees these folders under their own paths, or those;
# condor-lab.sh LAB node NODE  starts one node, in the foreground; condor-lab.sh LAB controller  the submit host.
set -eu
lab=$1 verb=$2
shift 2
export CONDOR_CONFIG=$lab/condor_config PATH=/usr/sbin:/usr/bin:/sbin:/bin

master() {
  for name in log run lock spool execute; do install -d -o condor -g condor "$lab/$1/$name"; done
  _CONDOR_LOCAL_DIR=$lab/$1 _CONDOR_NETWORK_INTERFACE=$2 _CONDOR_DAEMON_LIST=$3 condor_master -f >>"$lab/$1.log" 2>&1
}

case $verb in
  up)
    root=$1
    shift
    top=$lab/root
    mkdir -p "$top"
    mount -t tmpfs -o mode=0755 lab "$top"
    for name in bin sbin lib lib64; do cp -a "$root/$name" "$top"; done
    cp -a "$root/etc" "$top"
    for name in usr dev proc sys tmp run var/tmp var/lib old scratch home; do mkdir -p "$top/$name"; done
    for name in lab lab/.cache lab/.cache/microvm-orchestrator; do install -d -o 1000 -g 1000 "$top/home/$name"; done
    chmod 1777 "$top/tmp" "$top/var/tmp"
    mount --rbind "$root/usr" "$top/usr"
    mount --rbind /dev "$top/dev"
    mount --rbind /sys "$top/sys"
    mount -t proc proc "$top/proc"
    while [ "$1" != -- ]; do
      mkdir -p "$top${1#*=}"
      mount --bind "${1%%=*}" "$top${1#*=}"
      shift
    done
    shift
    echo 'lab:x:1000:1000::/home/lab:/bin/sh' >>"$top/etc/passwd"
    echo 'lab:x:1000:' >>"$top/etc/group"
    for kind in subuid subgid; do echo 'lab:100000:65536' >>"$top/etc/$kind"; done
    {
      echo '127.0.0.1 localhost'
      echo '10.77.0.1 ctl'
      count=1
      for name in "$@"; do count=$((count + 1)); echo "10.77.0.$count $name"; done
    } >"$top/etc/hosts"
    cd "$top"
    pivot_root . old
    exec chroot . "$0" "$lab" serve "$@"
    ;;
  serve)
    umount -l /old
    hostname ctl
    ip link set lo up
    ip link add lab0 type veth peer name lab1
    ip link set lab0 up
    ip link set lab1 up
    grep -o '^10[0-9.]*' /etc/hosts | while read -r address; do ip addr add "$address/24" dev lab0; done
    "$0" "$lab" controller &
    echo $! >"$lab/controller.pid"
    for name in "$@"; do
      "$0" "$lab" node "$name" &
      echo $! >"$lab/$name.pid"
    done
    trap 'exit 0' TERM
    while :; do sleep 3600 & wait $!; done
    ;;
  controller) master ctl 10.77.0.1 'COLLECTOR, NEGOTIATOR, SCHEDD' ;;
  node)
    install -d -m 0700 -o lab -g lab "$lab/$1/scratch"
    # What a node runs has processes, a name and a scratch folder of its own, and ends with it, as by a loss of power.
    exec unshare --pid --mount --uts --fork --kill-child --mount-proc "$0" "$lab" startd "$1"
    ;;
  startd)
    hostname "$1"
    mount --bind "$lab/$1/scratch" /scratch
    # Not in place of this shell: HTCondor gives up its rights, and would then outlive what ends the node.
    master "$1" "$(sed -n "s/ $1\$//p" /etc/hosts)" STARTD
    ;;
esac
