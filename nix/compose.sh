#!/usr/bin/env bash
# compose.sh ARGUMENT...: what `podman compose` runs for a dev container; docker-compose, over services that are all on the network of the guest.
#
# What listens in a dev container listens in the guest, where previews and forwards find it, and the routes of the guest are those of the container;
# so a service is found by its name at the guest's own loopback. Checks of health run by no timer here, so docker-compose waits for none; the runner does.
# MICROVM_CLONE is the folder of the clone: a service that wants the folder above it has the clone alone, where it would be there.
set -eu

others=() files=()
while [ $# -gt 0 ]; do
  case $1 in
    -f | --file) files+=(-f "$2") && shift 2 ;;
    -p | --project-name | --project-directory | --profile | --env-file | --ansi | --progress | --parallel) others+=("$1" "$2") && shift 2 ;;
    -*) others+=("$1") && shift ;;
    *) break ;;
  esac
done
compose() { docker-compose ${others[@]+"${others[@]}"} "$@"; }

if [ ${#files[@]} = 0 ]; then
  compose "$@"
  exit
fi

folder=$(mktemp -d)
engine=
trap '[ -z "$engine" ] || kill "$engine" 2>/dev/null; rm -rf "$folder"' EXIT

# user_of_service MODEL: the last one that the description or its features name, or else the one of the image; nothing for root.
user_of_service() {
  local service image labels user
  service=$(jq -c '[.services[] | select(.labels["devcontainer.local_folder"]?)][0] // empty' "$1")
  image=$(jq -r '.image // empty' <<<"$service")
  labels=$(podman image inspect --format '{{index .Labels "devcontainer.metadata"}}' "$image" 2>/dev/null) || labels=
  user=$(jq -nr --argjson service "${service:-null}" --arg image "$labels" '
    [$image, $service.labels["devcontainer.metadata"]?] | map(fromjson? // [] | if type == "array" then .[] else . end | .remoteUser // empty)
    | last // $service.user // empty')
  [ -n "$user" ] || user=$(podman image inspect --format '{{.Config.User}}' "$image" 2>/dev/null) || user=
  case ${user%%:*} in root | 0) ;; *) printf '%s' "$user" ;; esac
}

compose "${files[@]}" config --format json >"$folder/found.json"
# Whom the clone belongs to is the user in the container, as the Dev Container CLI has it where it starts one itself.
jq --arg clone "${MICROVM_CLONE-}" --arg user "$(user_of_service "$folder/found.json")" '
  def above: split("/")[:-1] | join("/");
  ([.services | keys[]] + [.services[] | .container_name // empty, .hostname // empty, (.networks // {} | .[]? | objects | .aliases[]?)]
    | unique | map(select(test("^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$")))) as $names
  | del(.networks)
  | .services |= map_values(
      del(.networks, .ports, .expose, .links, .external_links, .mac_address, .dns, .dns_search, .dns_opt)
      | .network_mode = "host"
      | .extra_hosts = ((.extra_hosts // [] | if type == "object" then to_entries | map("\(.key)=\(.value)") else . end) + [$names[] | "\(.)=127.0.0.1"])
      | if .depends_on then .depends_on |= map_values(if .condition == "service_healthy" then .condition = "service_started" else . end) else . end
      | if .volumes and $clone != "" then .volumes |= map(if .type == "bind" and .source == ($clone | above)
          then .source = $clone | .target += "/" + ($clone | split("/") | last) else . end) else . end
      | if $user != "" and .labels["devcontainer.local_folder"]? then .userns_mode = "keep-id" else . end)' "$folder/found.json" >"$folder/model.json"
if [ "${1-}" = config ]; then
  cat "$folder/model.json"
  exit
fi

podman system service --time 0 "unix://$folder/engine" &
engine=$!
for _ in {1..300}; do
  [ ! -S "$folder/engine" ] || break
  sleep 0.1
done
export DOCKER_HOST=unix://$folder/engine
compose -f "$folder/model.json" "$@"
