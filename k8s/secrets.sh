#!/usr/bin/env bash
# Makes the Secrets that ci/ha-values.yaml and the manifests beside this file name, with passwords that nobody has seen:
#
#   k8s/secrets.sh charging | kubectl apply -f -
#
# Run it once: another run makes other passwords. Users of Kafka get their Secrets from Strimzi.
set -euo pipefail
namespace=${1:?the namespace is missing}

random() { head -c 33 /dev/urandom | base64 | tr '+/' '-_' | tr -d '\n'; }

secret() { # name type labels key=value...
  local name=$1 type=$2 labels=$3
  shift 3
  printf -- '---\napiVersion: v1\nkind: Secret\ntype: %s\nmetadata:\n  name: %s\n  namespace: %s\n' "$type" "$name" "$namespace"
  if [ -n "$labels" ]; then printf '  labels:\n    %s\n' "$labels"; fi
  printf 'stringData:\n'
  local pair
  for pair in "$@"; do printf '  %s: "%s"\n' "${pair%%=*}" "${pair#*=}"; done
}

secret voltap Opaque '' \
  "caller-secret=$(random)" "sealing-secret=$(random)" "api-keys=$(random):read+operate+back-end"
secret voltap-redis Opaque '' "password=$(random)"
for service in gateway credentials locations tariffs tokens commands sessions cdrs payments; do
  secret "voltap-$service-database" kubernetes.io/basic-auth 'cnpg.io/reload: "true"' \
    "username=voltap_$service" "password=$(random)"
done
