# A slot keeps its nix store and its database from task to task. Once the image has changed, both may refer to paths of the earlier
# image that are gone, and nix would call such a path valid. So what the slot added is dropped then, and the database is that of the
# image again. Safe to repeat: the mark of the image is removed first and written last.
set -euo pipefail
store=${MICROVM_STORE:-/nix/store}
state=${MICROVM_NIX_STATE:-/nix/var}
mark=$state/microvm-image

system=$(readlink -f "${MICROVM_SYSTEM:-/run/current-system}")
[ "$(cat "$mark" 2>/dev/null || true)" != "$system" ] || exit 0

registration=
for word in $(cat "${MICROVM_COMMAND_LINE:-/proc/cmdline}"); do
  case $word in regInfo=*) registration=${word#*=} ;; esac
done
info=${registration%/registration}
if [ -z "$registration" ] || [ ! -s "$registration" ] || [ ! -s "$info/store-paths" ]; then
  echo 'The image does not say what its store holds, so the slot cannot be made to agree with it.' >&2
  exit 1
fi

[ ! -e "$mark" ] || echo 'The guest image has changed: what this slot had added to its nix store is dropped.'
rm -f "$mark"
# NixOS mounts the store read only; this changes the mount of this service alone.
[ -w "$store" ] || mount -o remount,rw,bind "$store"
rm -rf "$state/nix/db" "$state/nix/temproots" "$state/nix/gcroots/auto"
declare -A keep=(["${info##*/}"]=1)
while IFS= read -r path; do keep[${path##*/}]=1; done <"$info/store-paths"
for path in "$store"/* "$store/.links"; do
  [ -n "${keep[${path##*/}]:-}" ] || rm -rf "$path"
done
nix-store --load-db <"$registration"
printf '%s\n' "$system" >"$mark"
