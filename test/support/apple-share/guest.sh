# A guest on the folders of a task as Apple's virtiofs shows them, with the real runner as root in namespaces of its own: where a guest has
# its programs, folders and users there are this test's. guest.sh PROGRAMS RUNNER ATTRIBUTE_SECONDS; $SHARE and $REPO are the folders.
set -eu
programs=$1 runner=$2 seconds=$3 here=$(dirname "$(readlink -f "$0")")

if [ "${4-}" != inside ]; then
  user=()
  [ "$(id -u)" = 0 ] || user=(--user --map-root-user --map-auto)
  exec unshare ${user[@]+"${user[@]}"} --mount --pid --fork --kill-child --mount-proc bash "$0" "$programs" "$runner" "$seconds" inside
fi

umask 022
mount -t tmpfs -o mode=755 guest /mnt
cd /mnt
mkdir workspace bin home state seen
mkdir -m 1777 tmp
cp "$programs"/* bin/
cp "$(dirname "$runner")"/*.sh .
mv "$(basename "$runner")" runner.sh
chmod -R a+rX,u+x bin
printf 'root:x:0:0::/root:/bin/bash\nclaude:x:1000:1000::/mnt/home:/bin/bash\n' >passwd
printf 'root:x:0:\nclaude:x:1000:\n' >group
mount --bind passwd /etc/passwd
mount --bind group /etc/group
chown 1000:1000 home seen
mount -t tmpfs -o mode=755 run /run

serve() {
  /usr/bin/python3 -B "$here/looker_fs.py" "$1" "$2" "$seconds" &
  until mountpoint -q "$2"; do
    kill -0 $! || exit 1
    sleep 0.02
  done
}
serve "$SHARE" /mnt/workspace
mkdir -p workspace/repo
serve "$REPO" /mnt/workspace/repo

env -i PATH=/mnt/bin:/usr/local/bin:/usr/bin:/usr/sbin:/bin:/sbin LANG=C.UTF-8 SEEN=/mnt/seen \
  MICROVM_WORKSPACE=/mnt/workspace MICROVM_STATE=/mnt/state MICROVM_USER_HOME=/mnt/home MICROVM_CHECK_FOLDER=/mnt/tmp/check \
  MICROVM_POWER_OFF=true bash runner.sh
