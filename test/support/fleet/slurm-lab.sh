#!/bin/sh
# A Slurm cluster on one machine: a controller and its nodes, in namespaces of their own, with a network that leads nowhere.
# slurm-lab.sh LAB up NODE...  is process 1 of the lab; slurm-lab.sh LAB node NODE  starts one node, in the foreground.
set -eu
lab=$1 verb=$2
shift 2
export SLURM_CONF=$lab/slurm.conf

controller() { slurmctld -D -f "$SLURM_CONF" >>"$lab/slurmctld.log" 2>&1; }

# Limits of users and accounts lie in a database, which nobody outside of the lab reaches.
accounts() {
  mariadb-install-db --no-defaults --datadir="$lab/db" --user=root --skip-test-db
  mariadbd --no-defaults --user=root --datadir="$lab/db" --socket="$lab/db.sock" --pid-file="$lab/db.pid" --bind-address=127.0.0.1 --skip-grant-tables &
  until [ -S "$lab/db.sock" ]; do sleep 0.02; done
  slurmdbd -D &
  until sacctmgr --noheader list cluster >/dev/null 2>&1; do sleep 0.1; done
  # Each line is a command's words.
  while read -r line; do sacctmgr --immediate $line </dev/null; done <"$lab/accounts"
}

# What a node runs has processes, a name and a scratch folder of its own, and ends with it, as by a loss of power.
node() {
  mkdir -p "$lab/$1/spool" "$lab/$1/scratch"
  exec unshare --pid --mount --uts --fork --kill-child --mount-proc sh -c '
    hostname "$2"
    mount --bind "$1/$2/scratch" "$1/scratch"
    # Slurm reads the login files of whom a job is for. What they start may wait for locks of its own, and is none of the test.
    for file in .profile .bash_profile .bash_login .bashrc; do [ ! -e "$HOME/$file" ] || mount --bind /dev/null "$HOME/$file"; done
    exec slurmd -D -N "$2" -f "$1/slurm.conf"' sh "$lab" "$1" >>"$lab/$1.log" 2>&1
}

case $verb in
  up)
    hostname ctl
    ip link set lo up
    # Slurm resolves no address where there is none but the loopback's.
    ip link add lab0 type veth peer name lab1
    ip addr add 10.77.0.1/24 dev lab0
    ip link set lab0 up
    ip link set lab1 up
    printf '127.0.0.1 localhost\n10.77.0.1 ctl\n' >"$lab/hosts"
    mount --bind "$lab/hosts" /etc/hosts
    munged --force --foreground --key-file="$lab/munge.key" --socket="$lab/munge.sock" --pid-file="$lab/munged.pid" \
      --log-file="$lab/munged.log" --seed-file="$lab/munge.seed" --num-threads=2 >>"$lab/munged.log" 2>&1 &
    until [ -S "$lab/munge.sock" ]; do sleep 0.02; done
    [ ! -e "$lab/accounts" ] || accounts >>"$lab/accounts.log" 2>&1
    controller &
    echo $! >"$lab/controller.pid"
    for name in "$@"; do
      "$0" "$lab" node "$name" &
      echo $! >"$lab/$name.pid"
    done
    trap 'exit 0' TERM
    while :; do sleep 3600 & wait $!; done
    ;;
  controller) controller ;;
  node) node "$1" ;;
esac
