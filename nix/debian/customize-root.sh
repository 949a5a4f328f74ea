#!/bin/bash
# customize-root.sh ROOT: runs on the building host, as root or as root of a user namespace, inside mmdebstrap.
# Turns a fresh Debian into the guest's root and writes vmlinux, initrd.img and root.erofs to ROOT/.image.
set -euo pipefail
root=$1
work=$root/.image
export LC_ALL=C PATH=/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin
say() { echo "progress: $*"; }

add_user() {
  echo 'claude:x:1000:1000:claude:/home/claude:/bin/bash' >>"$root/etc/passwd"
  echo 'claude:x:1000:' >>"$root/etc/group"
  echo 'claude:!::0:99999:7:::' >>"$root/etc/shadow"
  echo 'claude:100000:65536' >"$root/etc/subuid"
  echo 'claude:100000:65536' >"$root/etc/subgid"
  install -d -o 1000 -g 1000 "$root/home/claude" "$root/home/claude/.cache" "$root/home/claude/.local" \
    "$root/home/claude/.local/share" "$root/home/claude/.local/share/containers"
  install -d -o 1000 -g 1000 "$root/nix/store" "$root/nix/var" "$root/nix/var/nix"
}

# add_program PACKAGE SCRIPT NAME: a package of npm, and the program that it is known for.
add_program() {
  install -d "$root/usr/local/lib/node_modules"
  mv "$work/$1" "$root/usr/local/lib/node_modules/$1"
  chown -R 0:0 "$root/usr/local/lib/node_modules/$1"
  chmod -R u=rwX,go=rX "$root/usr/local/lib/node_modules/$1"
  chmod 755 "$root/usr/local/lib/node_modules/$1/$2"
  ln -s "../lib/node_modules/$1/$2" "$root/usr/local/bin/$3"
}

add_files() {
  install -d "$root/workspace" "$root/nix/.rw-store" "$root/usr/lib/microvm" "$root/etc/nix" "$root/etc/containers"
  install -m 755 "$work/init" "$work/task-runner.sh" "$work/last-act.sh" "$work/become-claude.sh" "$work/dev-container.sh" "$work/compose.sh" \
    "$work/inbox.sh" "$work/ahead.sh" "$work/forwards.sh" "$work/clock.sh" "$work/dhcp" \
    "$work/attach.sh" "$work/attach.pl" "$work/restore.pl" "$work/prepared-store.sh" "$work/flake-files.pl" "$root/usr/lib/microvm/"
  install -m 755 "$work/claude" "$root/usr/local/bin/claude"
  rm "$work/claude"
  add_program npm bin/npm-cli.js npm
  ln -s ../lib/node_modules/npm/bin/npx-cli.js "$root/usr/local/bin/npx"
  add_program devcontainers-cli devcontainer.js devcontainer
  echo microvm >"$root/etc/hostname"
  printf '127.0.0.1 localhost microvm\n::1 localhost\n' >"$root/etc/hosts"
  rm -f "$root/etc/resolv.conf" "$root/etc/machine-id"
  : >"$root/etc/resolv.conf"
  echo 00000000000000000000000000000001 >"$root/etc/machine-id"
  cat >"$root/etc/fstab" <<'FSTAB'
devpts /dev/pts devpts gid=5,mode=620,ptmxmode=666 0 0
shm /dev/shm tmpfs mode=1777 0 0
run /run tmpfs mode=755 0 0
tmp /tmp tmpfs mode=1777,size=75% 0 0
cgroup /sys/fs/cgroup cgroup2 nsdelegate 0 0
share /workspace virtiofs noatime 0 0
FSTAB
  # The machine is the sandbox; its store belongs to its one user, so there are no build users.
  cat >"$root/etc/nix/nix.conf" <<'NIX'
experimental-features = nix-command flakes
accept-flake-config = true
sandbox = false
build-users-group =
build-dir = /var/tmp
NIX
  # Without systemd: no cgroup manager to ask, no journal to log to.
  cat >"$root/etc/containers/containers.conf" <<'PODMAN'
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
# The other one needs a service of podman's.
compose_providers = ["/usr/bin/podman-compose"]
[containers]
log_driver = "k8s-file"
PODMAN
  printf 'unqualified-search-registries = ["docker.io"]\n' >"$root/etc/containers/registries.conf"
  : >"$root/etc/containers/nodocker"
}

# git-lfs writes its settings in another order each time, and two builds shall be the same.
order_settings() {
  local file=$1
  [ "$(grep -c '^\[' "$file")" = 1 ] || { echo "$file has more than the settings of git-lfs" && exit 1; }
  { head -n 1 "$file" && tail -n +2 "$file" | sort; } >"$file.new"
  mv "$file.new" "$file"
}

# A machine of the cloud has no power button but ACPI's. One with a processor of ARM has a key on a GPIO line, under Apple's framework
# as under QEMU, and Debian's cloud kernel lacks its driver.
kernel_flavour() { if [ "$ARCHITECTURE" = amd64 ]; then echo cloud-amd64; else echo "$ARCHITECTURE"; fi; }

# Sets `kernel_release`; puts modules into the root and the boot files into the work folder.
add_kernel() {
  local package
  mkdir "$work/kernel"
  package=$(APT_CONFIG=$MMDEBSTRAP_APT_CONFIG apt-cache depends "linux-image-$(kernel_flavour)" |
    sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
  (cd "$work/kernel" && APT_CONFIG=$MMDEBSTRAP_APT_CONFIG apt-get -q download "$package")
  dpkg-deb -x "$work/kernel/"*.deb "$work/kernel"
  kernel_release=$(ls "$work/kernel/usr/lib/modules")
  [ "$ARCHITECTURE" = amd64 ] || drop_modules "$kernel_release"
  mkdir -p "$root/usr/lib/modules"
  cp -a "$work/kernel/usr/lib/modules/$kernel_release" "$root/usr/lib/modules/"
  chroot "$root" depmod "$kernel_release"
  echo "${kernel_release%%[-+]*}" >"$work/kernel-version"
}

# drop_modules RELEASE: drivers of devices that no virtual machine has; in a kernel for every board they are most of it.
drop_modules() {
  local modules=kernel/usr/lib/modules/$1/kernel others=() name
  for name in block char dax input md misc net nvdimm vhost virtio; do others+=(! -name "$name"); done
  find "$work/$modules/drivers" -mindepth 1 -maxdepth 1 "${others[@]}" -exec rm -r {} +
  for name in sound drivers/net/{ethernet,wireless,phy,dsa,can}; do rm -rf "$work/$modules/$name"; done
}

# The kernel as a hypervisor enters it, uncompressed; unpacking it in the guest costs seconds there, and Apple's framework takes no other.
extract_kernel() {
  if [ "$ARCHITECTURE" = amd64 ]; then extract_x86 "$1"; else extract_arm "$1"; fi
}
number() { od -An -v "-t$4" -j"$2" -N"$3" "$1" | tr -d ' '; }

# The ELF file inside a bzImage. Offsets: Documentation/arch/x86/boot.rst. The last four bytes of the payload are its length, not part of it.
extract_x86() {
  local image=$1 sectors start length
  sectors=$(number "$image" 497 1 u1)
  start=$(((sectors + 1) * 512 + $(number "$image" 584 4 u4)))
  length=$(($(number "$image" 588 4 u4) - 4))
  tail -c +$((start + 1)) "$image" | head -c "$length" | zstd -q -dc >"$work/vmlinux" || [ -s "$work/vmlinux" ]
}

# The Image as it is, out of gzip, or out of an EFI program that unpacks itself (drivers/firmware/efi/libstub/zboot-header.S).
extract_arm() {
  local image=$1 start length
  case $(number "$image" 0 8 x1) in
    1f8b*) gzip -dc "$image" >"$work/vmlinux" ;;
    4d5a????7a696d67)
      start=$(number "$image" 8 4 u4)
      length=$(number "$image" 12 4 u4)
      tail -c +$((start + 1)) "$image" | head -c "$length" >"$work/payload"
      case $(number "$work/payload" 0 4 x1) in
        1f8b*) gzip -dc "$work/payload" ;;
        28b52ffd) zstd -q -dc "$work/payload" ;;
      esac >"$work/vmlinux" || [ -s "$work/vmlinux" ]
      rm "$work/payload"
      ;;
    *) cp "$image" "$work/vmlinux" ;;
  esac
  # Its magic number; Documentation/arch/arm64/booting.rst.
  [ "$(number "$work/vmlinux" 56 4 x1)" = 41524d64 ] || { echo "The kernel of this Debian is in a form that is not known here" && exit 1; }
}

# Drivers of the root disk and of the network, in the order in which they depend on each other.
build_initrd() {
  local folder=$work/initrd names='' needed file name
  mkdir -p "$folder"/{bin,dev,proc,sys,lower,upper,new,modules}
  needed=$(
    for module in virtio_blk erofs overlay virtio_net; do
      chroot "$root" modprobe -S "$kernel_release" --show-depends "$module"
    done | grep '^insmod '
  )
  while read -r _ file; do
    name=$(basename "$file")
    name=${name%%.ko*}
    [ -e "$folder/modules/$name.ko" ] && continue
    case $file in *.xz) xz -dc "$root$file" ;; *) cat "$root$file" ;; esac >"$folder/modules/$name.ko"
    names="$names $name"
  done <<<"$needed"
  cp "$root/usr/bin/busybox" "$folder/bin/busybox"
  ln -s busybox "$folder/bin/sh"
  echo "${names# }" >"$folder/modules/order"
  install -m 755 "$work/initrd-init" "$folder/init"
  find "$folder" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
  (cd "$folder" && find . | sort | cpio --quiet --reproducible -o -H newc -R 0:0) >"$work/initrd.img"
}

# What would differ between two builds, and what no guest reads. It is left out of the image rather than deleted: mmdebstrap keeps
# its own files in this root (its apt.conf in /tmp), and works with them until it ends.
left_out=(
  '^\.image$' '^boot$' '^(run|tmp)/.' '^var/(cache|log|lib/apt/lists)/.' '^var/lib/dpkg/[^/]*-old$'
  '^etc/[^/]*-$' '^etc/ssh/ssh_host_' '^etc/systemd/system/[^/]*\.wants/.' '^etc/apt/sources\.list\.d/.' '^usr/share/(doc|man|info|lintian|bug)$'
)

say 45 'guest files'
add_user
add_files
order_settings "$root/etc/gitconfig"
say 50 'kernel'
add_kernel
extract_kernel "$work/kernel/boot/vmlinuz-$kernel_release"
build_initrd
rm -rf "$work/kernel" "$work/initrd"
say 60 'root disk'
# A bind mount of the root alone leaves out the /proc, /sys and /dev that mmdebstrap has mounted in it.
mkdir "$work/plain"
mount --bind "$root" "$work/plain"
mkfs.erofs -T "$SOURCE_DATE_EPOCH" -U 6d696372-6f76-4d2d-8775-6573742d3031 "${left_out[@]/#/--exclude-regex=}" \
  "$work/root.erofs" "$work/plain" >/dev/null
umount "$work/plain"
