# What nix's daemon downloads goes by the gateway where the task does: its proxy variables, out of what the host gave, one a line.
set -u
while IFS= read -r -d '' pair; do
  [[ $pair == *$'\n'* ]] && continue
  case ${pair%%=*} in
    http_proxy | https_proxy | all_proxy | no_proxy) printf '%s\n' "$pair" ;;
  esac
done <"${MICROVM_WORKSPACE:-/workspace}/environment"
