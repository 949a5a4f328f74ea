#!/bin/bash
# build-image.sh OUTPUT_FOLDER: builds vmlinux, initrd.img, root.erofs and kernel-version from Debian packages, as root or, where user
# namespaces are allowed, as anybody. Prints lines `progress: PERCENT PHASE`; everything else it prints is the log.
# Needs: ARCHITECTURE (amd64 or arm64), SUITE, MIRROR, SOURCE_DATE_EPOCH, and the verified npm tarballs CLAUDE_PACKAGE, NPM_PACKAGE and
# DEVCONTAINERS_PACKAGE.
set -euo pipefail
exec 2>&1
: "${ARCHITECTURE:?}" "${SUITE:?}" "${MIRROR:?}" "${SOURCE_DATE_EPOCH:?}" "${CLAUDE_PACKAGE:?}" "${NPM_PACKAGE:?}" "${DEVCONTAINERS_PACKAGE:?}"
export ARCHITECTURE SOURCE_DATE_EPOCH LC_ALL=C PATH=/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
output=$(cd "$1" && pwd)

# As root, mmdebstrap and apt could write to this host, and with a configuration that went missing they do. So the build runs where
# the whole host can only be read, but for the output folder; a user's build has the kernel to keep it from the host's files.
if [ "$(id -u)" = 0 ] && [ -z "${APART:-}" ]; then
  APART=1 exec unshare --mount --propagation private bash "${BASH_SOURCE[0]}" "$output"
fi
if [ "$(id -u)" = 0 ]; then
  mount --bind "$output" "$output"
  while read -r _ _ _ _ target options _; do
    target=$(printf '%b' "$target")
    case $target in
      "$output" | /dev | /dev/* | /proc | /proc/* | /run | /run/* | /sys | /sys/*) continue ;;
    esac
    # A mount that refuses is found out below, if it matters.
    mount -o "remount,bind,ro,${options#r[ow],}" "$target" || true
  done </proc/self/mountinfo
  for folder in /etc /usr /var/lib/apt /var/cache/apt /var/lib/dpkg; do
    [ ! -w "$folder" ] || { echo "$folder of this host cannot be made read-only for the build" && exit 1; }
  done
fi
inputs=$output/.image
say() { echo "progress: $*"; }

say 5 'unpacking programs of npm'
mkdir "$inputs"
tar -xzf "$CLAUDE_PACKAGE" -C "$inputs" --strip-components=1 package/claude
mkdir "$inputs/npm" "$inputs/devcontainers-cli"
tar -xzf "$NPM_PACKAGE" -C "$inputs/npm" --strip-components=1 --no-same-owner package
tar -xzf "$DEVCONTAINERS_PACKAGE" -C "$inputs/devcontainers-cli" --strip-components=1 --no-same-owner package
install -m 755 "$here/init" "$here/initrd-init" "$here/customize-root.sh" "$here/dhcp" "$here/restore.pl" "$here/prepared-store.sh" "$here/../task-runner.sh" \
  "$here/../last-act.sh" "$here/../become-claude.sh" "$here/../dev-container.sh" "$here/../compose.sh" \
  "$here/../inbox.sh" "$here/../ahead.sh" "$here/../forwards.sh" "$here/../clock.sh" "$here/../attach.sh" "$here/../attach.pl" "$here/../flake-files.pl" "$inputs/"

say 15 'Debian packages'
# dpkg need not wait for the disk after each file: a build that was cut off is begun again.
# copy-in and copy-out work across the user namespace of an unprivileged build, where plain paths would not.
# Root keeps the work beside the output; a user namespace cannot enter there, and /tmp is in memory on many systems.
if [ "$(id -u)" = 0 ]; then export TMPDIR=$output; else export TMPDIR=/var/tmp; fi
mmdebstrap --variant=essential --format=null --architectures="$ARCHITECTURE" \
  --aptopt='APT::Install-Recommends "false"' --aptopt='APT::Sandbox::User "root"' --aptopt='Acquire::Retries "3"' \
  --dpkgopt='force-unsafe-io' \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
  --dpkgopt='path-exclude=/usr/share/info/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
  --include="$(sed '/^#/d' "$here/packages.txt" | paste -sd,)" \
  --customize-hook="copy-in '$inputs' /" \
  --customize-hook='"$1/.image/customize-root.sh" "$1"' \
  --customize-hook="copy-out /.image/vmlinux /.image/initrd.img /.image/root.erofs /.image/kernel-version '$output'" \
  "$SUITE" - "$MIRROR" &
# mmdebstrap removes its folder and its mounts when it is asked to end.
trap 'kill "$builder"; wait "$builder"' TERM INT
builder=$!
wait "$builder"
rm -r "$inputs"
chmod 644 "$output"/{vmlinux,initrd.img,root.erofs,kernel-version}
say 100 'image'
