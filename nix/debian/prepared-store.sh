# Functions of the init, for a disk that a machine without an agent has prepared: its folder `store` and what nix knows of that, `var`. Every slot reads
# it and none writes it. What a slot adds lies above it, apart from what the slot adds without it: the database there began as a copy of the disk's, so
# it names no path that is not there.

# lay_prepared PREPARED SLOT IDENTITY NIX: lays the slot's layer over the disk, below NIX. A layer over another disk is dropped: what it names may be gone.
lay_prepared() {
  over=$2/prepared
  if [ "$(cat "$over/identity" 2>/dev/null)" != "$3" ]; then
    rm -rf "$over"
    # The identity last: a layer that was cut off is begun again.
    mkdir -p "$over/store" "$over/work" && cp -a "$1/var" "$over/var" && echo "$3" >"$over/identity" || return 1
  fi
  mount -t overlay -o "lowerdir=$1/store,upperdir=$over/store,workdir=$over/work" store "$4/store" &&
    mount --bind "$over/var" "$4/var"
}

# take_caches NIX CACHE: once for each layer, what nix remembered where the disk was prepared; what the slot remembers itself stays.
take_caches() {
  [ -d "$1/var/prepared" ] || return 0
  mkdir -p "$2" && cp -a -n "$1/var/prepared/." "$2/" && rm -rf "$1/var/prepared"
}
