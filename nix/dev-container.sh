# The dev container in which the agent and the check work; sourced by the task runner. The Dev Container CLI builds and starts it with the rootless
# podman of the guest's user, and runs what is run in it. It has the guest's network, so what listens in it listens in the guest.
#
# In it: the clone, where its description wants it; the runner's private folder at /opt/microvm, which is as much the agent's outside of it;
# Claude Code at /opt/microvm-claude; where registries of crates have routes /.cargo/config.toml, which Cargo finds from every folder; and what Claude remembers at /opt/microvm-config.

# The id of the container while there is one, and with it those of the other services of its Compose file.
container=
containers=()
container_description=
container_variables=()
compose_program=${MICROVM_COMPOSE:-${self%/*}/compose.sh}

# in_guest COMMAND...: becomes a command of the guest's user outside the container; call it in a subshell.
in_guest() {
  cd "$repo" || exit 127
  user_environment
  export CONTAINERS_CONF_OVERRIDE=$state/containers.conf MICROVM_CLONE=$repo
  # Checks of health are asked for by us, and by no timer of systemd's.
  export PODMAN_COMPOSE_PROVIDER=$compose_program PODMAN_COMPOSE_WARNING_LOGS=false DISABLE_HC_SYSTEMD=true
  as_user "$@"
}
podman_of_guest() { (in_guest podman "$@"); }

# dev_containers VERB OPTION...: likewise; in a session of its own, so that what it starts ends with it.
dev_containers() { in_guest setsid devcontainer "$1" --docker-path podman --docker-compose-path podman-compose --workspace-folder "$repo" "${@:2}"; }

# start_container PATH: builds what the file of the clone describes, and starts it; sets `container`, or `error` to why there is none.
start_container() {
  local config=$repo/$1 before answer=$private/container-answer known
  container_description=$private/devcontainer.json
  if ! cp "$config" "$container_description" 2>/dev/null; then
    error="The dev container's description is not in the clone: $1"
    return 1
  fi
  cp "${MICROVM_BECOME_CLAUDE:-${self%/*}/become-claude.sh}" "$private/become-claude.sh"
  # What docker-compose has built is looked for by the name that it was given, and not by one of Docker Hub's.
  printf '[containers]\nnetns = "host"\n[engine]\ncompat_api_enforce_docker_hub = false\n' >"$state/containers.conf"
  mkdir -p "$user_home/.claude"
  ! is_root || chown 1000:1000 "$user_home/.claude" "$container_description" "$private/become-claude.sh"
  set_container_variables
  before=$(stat -c %s "$stderr_log")
  local description=(--config "$config")
  # One that is there is held to; none is made, for it would be in the task's work.
  [ -e "${config%/*}/devcontainer-lock.json" ] || [ -e "${config%/*}/.devcontainer-lock.json" ] || description+=(--no-lockfile)
  if grep -q '"dockerComposeFile"' "$config"; then
    known=
    remove_services
  else
    known=$(name_of_built_image "$config")
  fi
  if [ -n "$known" ] && podman_of_guest image exists "$known" && describe_built_image "$known" "$config" >"$private/built.json"; then
    mv "$private/built.json" "$container_description"
    description=(--override-config "$container_description")
    say 'starting the dev container, which was built before'
  else
    say 'building the dev container'
  fi
  local mounts=()
  [ ! -e "$user_home/.cargo/config.toml" ] || mounts+=(--mount "type=bind,source=$user_home/.cargo/config.toml,target=/.cargo/config.toml")
  (
    dev_containers up "${description[@]}" --remove-existing-container --skip-post-attach "${container_variables[@]}" \
      --mount "type=bind,source=$private,target=/opt/microvm" \
      --mount "type=bind,source=$(readlink -f "$(command -v claude)"),target=/opt/microvm-claude" \
      --mount "type=bind,source=$user_home/.claude,target=/opt/microvm-config" ${mounts[@]+"${mounts[@]}"} \
      2> >(tee -a "$stderr_log" | show_building) >"$answer"
  ) &
  child=$!
  wait "$child"
  child=
  container=$(jq -r 'select(.outcome == "success") | .containerId | strings | select(test("^[0-9a-f]{12,64}$"))' "$answer" 2>/dev/null)
  if [ -z "$container" ]; then
    error="$(why_no_container "$answer" "$before")"$'\n'"$(said_while_building "$before" | tail -n 12 | cut -c 1-400)"
    return 1
  fi
  mapfile -t containers < <(containers_of "$answer")
  [ ${#containers[@]} != 0 ] || containers=("$container")
  wait_for_services
  [ -z "$known" ] || podman_of_guest tag "$(podman_of_guest inspect --format '{{.Image}}' "$container")" "$known" >/dev/null 2>&1
  shell=(devcontainer exec --docker-path podman --workspace-folder "$repo" --override-config "$container_description" --container-id "$container"
    "${container_variables[@]}")
}

# What services of an earlier task of the slot left: every clone lies in the same folder, and has the same name for Compose.
remove_services() {
  local of=label=com.docker.compose.project left
  mapfile -t left < <(podman_of_guest ps --all --quiet --filter "$of" 2>/dev/null)
  [ ${#left[@]} = 0 ] || podman_of_guest rm --force --volumes "${left[@]}" >/dev/null 2>&1
  mapfile -t left < <(podman_of_guest volume ls --quiet --filter "$of" 2>/dev/null)
  [ ${#left[@]} = 0 ] || podman_of_guest volume rm --force "${left[@]}" >/dev/null 2>&1
}

# containers_of ANSWER: all that were started with it, oldest first.
containers_of() {
  local project
  project=$(jq -r 'select(.outcome == "success") | .composeProjectName | strings | select(test("^[a-z0-9_-]{1,100}$"))' "$1")
  [ -z "$project" ] ||
    podman_of_guest ps --all --quiet --no-trunc --sort created --filter "label=com.docker.compose.project=$project"
}

# What the agent's environment has beside the container's own. Claude Code takes rights that root has only where it is told that it is kept apart.
set_container_variables() {
  local pair
  container_variables=()
  for pair in CLAUDE_CONFIG_DIR=/opt/microvm-config IS_SANDBOX=1 DISABLE_AUTOUPDATER=1 CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1 \
    CLAUDE_CODE_MAX_RETRIES=4 ${given[@]+"${given[@]}"}; do
    if [[ $pair =~ ^[A-Za-z_][A-Za-z_0-9]*= && $pair != MICROVM_* ]]; then container_variables+=(--remote-env "$pair"); fi
  done
}

# name_of_built_image CONFIG: of an image with features, by all that it is made of. podman keeps the steps of a Dockerfile by itself, but installs
# features again each time, since they come to it by a folder of another name. Nothing where there are none.
name_of_built_image() {
  local described
  grep -q '"features"' "$1" || return 0
  described=$(dev_containers read-configuration --config "$1" 2>/dev/null | jq -ce '.configuration | select(.features | objects | length > 0)' 2>/dev/null) || return 0
  printf 'localhost/microvm-dev-container:%s' "$({
    printf '%s\n' "$described"
    (in_guest "$BASH" -c "$(declare -f list_folders)"$'\nlist_folders "$@"' list "${1%/*}" \
      "${1%/*}/$(jq -r '.build.context? // .context? // "."' <<<"$described")")
  } | sha256sum | head -c 40)"
}

# list_folders FOLDER...: the contents of those of the clone's, as they are now, in an index and a store of their own.
list_folders() {
  local aside folder
  aside=$(mktemp -d) || return
  export GIT_ALTERNATE_OBJECT_DIRECTORIES GIT_INDEX_FILE=$aside/index GIT_OBJECT_DIRECTORY=$aside/objects
  GIT_ALTERNATE_OBJECT_DIRECTORIES=$(GIT_OBJECT_DIRECTORY='' git rev-parse --path-format=absolute --git-path objects)
  mkdir "$aside/objects"
  cp "$(git rev-parse --git-path index)" "$aside/index" 2>/dev/null
  for folder; do git add --all -- "$folder" && git ls-files --stage -- "$folder"; done
  rm -rf "$aside"
}

# describe_built_image IMAGE CONFIG: of the description what an image does not say itself.
describe_built_image() {
  (dev_containers read-configuration --config "$2" 2>/dev/null) | jq -e --arg image "$1" '
    { image: $image } + (.configuration | { name, workspaceFolder, workspaceMount, runArgs, appPort, initializeCommand } | with_entries(select(.value != null)))'
}

# One line for each step, for a person who watches the console.
show_building() {
  sed -un 's/[[:cntrl:]]//g; s/^\[[^]]*Z\] *//; /STEP [0-9]\|^Running the .*Command\|^Trying to pull/s/^\(.\{1,160\}\).*/microvm: dev container: \1/p'
}

# said_while_building BEFORE: what was logged since the log had so many bytes, without what says nothing of a cause: the program's own stack, its list of
# versions that are not to be used (it goes on without that), and whole commands of podman's.
said_while_building() {
  tail -c "+$(($1 + 1))" "$stderr_log" | tr -d '\r' | grep -av 'control manifest\|^ *at \|Command failed: podman\|Start: Run:' | sed 's/^\[[^]]*Z\] *//; /^ *$/d'
}

# why_no_container ANSWER BEFORE: in one sentence, of what the program said at its end and of what it logged since the log had so many bytes.
why_no_container() {
  local said
  said=$(said_while_building "$2")
  case $said in
    *'no space left on device'*)
      echo "The slot's disk is full, so the dev container could not be built. With no task at work, delete its file on the host, slots/N/container-storage/containers.img, to get a new one"
      ;;
    *'pinging container registry'* | *'dial tcp'* | *'no such host'* | *'proxyconnect'* | *ENOTFOUND* | *EAI_AGAIN* | *ECONNREFUSED* | *'Could not resolve Feature'*)
      echo "What the dev container is made of cannot be fetched: the network of this task is $([ "$network" = closed ] && echo closed || echo open), and every image and feature that the slot has not yet needs its registry. On the host: microvm-orchestrator allow PATH --allow-host HOST"
      ;;
    *)
      said=$(jq -r '"\(.description // .message // "its program says no reason" | tostring | .[0:1000])"' "$1" 2>/dev/null)
      echo "The dev container could not be made: ${said:-its program ended without an answer}"
      ;;
  esac
}

# With all that runs in it. What was installed in it stays.
stop_container() { podman_of_guest stop --time 0 "${containers[@]}" >/dev/null 2>&1; }
resume_container() { podman_of_guest start "${containers[@]}" >/dev/null && wait_for_services; }

# A database that was just started takes no connections yet: until those services that have a check of their health pass it, or for two minutes.
wait_for_services() {
  local deadline=$((SECONDS + 120)) service
  for service in "${containers[@]}"; do
    [ "$service" != "$container" ] && [ "$(podman_of_guest inspect --format '{{if .Config.Healthcheck}}yes{{end}}' "$service" 2>/dev/null)" = yes ] || continue
    until podman_of_guest healthcheck run "$service" >/dev/null 2>&1; do
      [ "$SECONDS" -lt "$deadline" ] || { say "a service beside the dev container is not healthy, which is not waited for any longer" && return; }
      sleep 1
    done
  done
}

# A signal for Claude alone, whose own number is told inside.
signal_claude() {
  if [ -n "$container" ]; then
    podman_of_guest exec "$container" sh -c "kill -$1 \"\$(cat /opt/microvm/claude-pid)\"" 2>/dev/null
  else
    kill "-$1" "$child" 2>/dev/null
  fi
}
