{{/* What no schema can say: one sentence for each thing that would only be noticed in a crashing pod. */}}
{{- define "voltap.refuse" -}}
{{- $values := .Values }}
{{- $secrets := $values.secrets }}
{{- if not $values.public.url }}
{{- fail "public.url must be given: the URL under which partners and drivers reach the gateway, such as https://ocpi.example.com" }}
{{- end }}
{{- if not $secrets.existingSecret }}
{{- range $name := list "caller" "sealing" "apiKeys" }}
{{- if not (get $secrets.inline $name) }}
{{- fail (printf "secrets.existingSecret must name a Secret with the keys %s; for a trial, write all of secrets.inline instead (%s is missing)" (values $secrets.keys | sortAlpha | join ", ") $name) }}
{{- end }}
{{- end }}
{{- end }}
{{- $databases := 0 }}
{{- range $given := list $values.postgres.urlSecret.name $values.postgres.credentialsSecret.name $secrets.inline.postgresUrl }}
{{- if $given }}{{ $databases = add1 $databases }}{{ end }}
{{- end }}
{{- if ne (int $databases) 1 }}
{{- fail "give exactly one of postgres.urlSecret.name, postgres.credentialsSecret.name and secrets.inline.postgresUrl: where the databases are" }}
{{- end }}
{{- if and $values.postgres.credentialsSecret.name (not $values.postgres.host) }}
{{- fail "postgres.host must be given with postgres.credentialsSecret" }}
{{- end }}
{{- if not $values.kafka.brokers }}
{{- fail "kafka.brokers must be given, host:port each" }}
{{- end }}
{{- if and $values.kafka.sasl.mechanism (not (and $values.kafka.sasl.username $values.kafka.sasl.passwordSecret.name)) }}
{{- fail "kafka.sasl.username and kafka.sasl.passwordSecret.name must be given with kafka.sasl.mechanism" }}
{{- end }}
{{- if not (or $values.redis.host $values.redis.urlSecret.name) }}
{{- fail "redis.host or redis.urlSecret.name must be given" }}
{{- end }}
{{- if and $values.externalSecrets.enabled (not $values.externalSecrets.store.name) }}
{{- fail "externalSecrets.store.name must be given with externalSecrets.enabled" }}
{{- end }}
{{- range $door, $host := dict "public" "given" "backOffice" $values.backOffice.httpRoute.host }}
{{- $route := (get $values $door).httpRoute }}
{{- if and $route.enabled (not (and $host $route.parentRefs)) }}
{{- fail (printf "%s.httpRoute needs its parentRefs, and backOffice its host" $door) }}
{{- end }}
{{- end }}
{{- if and $values.backOffice.ingress.enabled (not $values.backOffice.ingress.host) }}
{{- fail "backOffice.ingress.host must be given with backOffice.ingress.enabled" }}
{{- end }}
{{- range $service := splitList " " (include "voltap.serviceNames" .) }}
{{- $runs := mergeOverwrite (deepCopy $values.defaults) (deepCopy (get $values.services $service)) }}
{{- if lt (int $runs.terminationGraceSeconds) (int (add $runs.drainSeconds 20)) }}
{{- fail (printf "services.%s.terminationGraceSeconds must be at least 20 more than drainSeconds: after it, what is in hand is finished" $service) }}
{{- end }}
{{- if gt (int $runs.autoscaling.minReplicas) (int $runs.autoscaling.maxReplicas) }}
{{- fail (printf "services.%s.autoscaling.minReplicas is above maxReplicas" $service) }}
{{- end }}
{{- end }}
{{- end }}
