# The end of a guest in which nothing of its agent runs any more: hands the shares over to the host, then leaves the slot's disks clean and powers
# off. For bash and busybox alike.
workspace=${MICROVM_WORKSPACE:-/workspace}

# What is still in this guest's memory of the shares goes to the host before the host hears that it has all. From then on it may end their servers, and
# whoever touches the shares waits in vain: the one that says so, perhaps, and nothing else. A `sync` of everything would.
sync -f "$workspace" "$workspace/repo" && { : >"$workspace/ended" & }

# Whether a disk can still be written.
any_writable() {
  while read -r _ _ kind options _; do
    case $kind,$options in ext4,rw,* | ext4,rw) return 0 ;; esac
  done </proc/mounts
  return 1
}

# The kernel makes every disk read-only, whoever still has files open there, and with that its journal empty: the next guest finds it clean.
echo u >/proc/sysrq-trigger
tries=0
while any_writable && [ $tries -lt 6000 ]; do
  sleep 0.01
  tries=$((tries + 1))
done
echo o >/proc/sysrq-trigger
