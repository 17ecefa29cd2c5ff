{{/* One variable from a Secret. Takes root, variable, name, key, service, forJob. */}}
{{- define "voltap.fromSecret" -}}
{{- $name := include "voltap.forService" (dict "text" .name "service" .service) -}}
- name: {{ .variable }}
  valueFrom:
    secretKeyRef:
      name: {{ include "voltap.secretName" (dict "root" .root "name" $name "forJob" .forJob) }}
      key: {{ include "voltap.forService" (dict "text" .key "service" .service) }}
{{- end }}

{{/* The environment of one service. Takes root, service, settings, forJob, drainSeconds. */}}
{{- define "voltap.environment" -}}
{{- $root := .root }}
{{- $values := $root.Values }}
{{- $fullname := include "voltap.fullname" $root }}
{{- $secret := default (include "voltap.inlineSecretName" $root) $values.secrets.existingSecret }}
{{- $keys := ternary $values.secrets.keys (dict "caller" "caller-secret" "sealing" "sealing-secret" "apiKeys" "api-keys") (ne $values.secrets.existingSecret "") }}
{{- $where := dict "root" $root "service" .service "forJob" .forJob }}
- name: VOLTAP_PLATFORM
  value: production
- name: VOLTAP_HOST
  value: 0.0.0.0
- name: VOLTAP_PORT
  value: "8080"
- name: VOLTAP_DRAIN_SECONDS
  value: {{ .drainSeconds | quote }}
- name: VOLTAP_SERVICE_ADDRESSES
  value: {{ include "voltap.serviceAddresses" $root | quote }}
{{ include "voltap.fromSecret" (merge (dict "variable" "VOLTAP_CALLER_SECRET" "name" $secret "key" $keys.caller) $where) }}
{{ include "voltap.fromSecret" (merge (dict "variable" "VOLTAP_SEALING_SECRET" "name" $secret "key" $keys.sealing) $where) }}
{{- if and (eq .service "gateway") (not .forJob) }}
- name: VOLTAP_GATEWAY_PUBLIC_HOST
  value: 0.0.0.0
- name: VOLTAP_GATEWAY_PUBLIC_PORT
  value: "4000"
- name: VOLTAP_GATEWAY_BACK_OFFICE_HOST
  value: 0.0.0.0
- name: VOLTAP_GATEWAY_BACK_OFFICE_PORT
  value: "4001"
{{ include "voltap.fromSecret" (merge (dict "variable" "VOLTAP_API_KEYS" "name" $secret "key" $keys.apiKeys) $where) }}
{{- end }}
{{- if and (has .service (list "gateway" "payments")) (not .forJob) }}
- name: VOLTAP_PUBLIC_URL
  value: {{ $values.public.url | quote }}
{{- end }}
{{ include "voltap.postgresEnvironment" $where }}
{{ include "voltap.kafkaEnvironment" $where }}
{{ include "voltap.redisEnvironment" $where }}
{{- with $values.monitoring.traces }}
{{- if and .endpoint (not $.forJob) }}
- name: OTEL_EXPORTER_OTLP_ENDPOINT
  value: {{ .endpoint | quote }}
- name: VOLTAP_TRACE_RATIO
  value: {{ .ratio | quote }}
{{- end }}
{{- end }}
{{- range $name, $value := .settings }}
- name: {{ $name }}
  value: {{ include "voltap.text" $value | quote }}
{{- end }}
{{- end }}

{{/* Large integers of values are floats: 1e+06 is no setting. */}}
{{- define "voltap.text" -}}
{{- if and (kindIs "float64" .) (eq (floor .) .) }}{{ int64 . }}{{ else }}{{ . }}{{ end }}
{{- end }}

{{- define "voltap.serviceAddresses" -}}
{{- $addresses := dict }}
{{- range $service := splitList " " (include "voltap.serviceNames" .) }}
{{- $_ := set $addresses $service (printf "http://%s-%s:8080" (include "voltap.fullname" $) $service) }}
{{- end }}
{{- toJson $addresses }}
{{- end }}

{{- define "voltap.postgresEnvironment" -}}
{{- $postgres := .root.Values.postgres }}
{{- if $postgres.urlSecret.name }}
{{- include "voltap.fromSecret" (merge (dict "variable" "VOLTAP_DATABASE_URL" "name" $postgres.urlSecret.name "key" $postgres.urlSecret.key) .) }}
{{- else if $postgres.credentialsSecret.name }}
{{- $credentials := $postgres.credentialsSecret }}
{{- $checked := ternary "sslmode=verify-full&sslrootcert=/etc/voltap/postgres/ca.crt" "" (ne $postgres.caSecret.name "") }}
{{- $parameters := default $checked $postgres.parameters }}
{{- $database := include "voltap.forService" (dict "text" $postgres.database "service" .service) }}
{{- include "voltap.fromSecret" (merge (dict "variable" "POSTGRES_USERNAME" "name" $credentials.name "key" $credentials.usernameKey) .) }}
{{ include "voltap.fromSecret" (merge (dict "variable" "POSTGRES_PASSWORD" "name" $credentials.name "key" $credentials.passwordKey) .) }}
- name: VOLTAP_DATABASE_URL
  value: {{ printf "postgres://$(POSTGRES_USERNAME):$(POSTGRES_PASSWORD)@%s:%d/%s%s" $postgres.host (int $postgres.port) $database (empty $parameters | ternary "" (printf "?%s" $parameters)) | quote }}
{{- else }}
{{- include "voltap.fromSecret" (merge (dict "variable" "VOLTAP_POSTGRES_URL" "name" (include "voltap.inlineSecretName" .root) "key" "postgres-url") .) }}
{{- end }}
{{- end }}

{{- define "voltap.kafkaEnvironment" -}}
{{- $kafka := .root.Values.kafka -}}
- name: VOLTAP_KAFKA_BROKERS
  value: {{ join "," $kafka.brokers | quote }}
- name: VOLTAP_KAFKA_PREFIX
  value: {{ $kafka.prefix | quote }}
- name: VOLTAP_KAFKA_REPLICATION
  value: {{ int $kafka.replication | quote }}
- name: VOLTAP_KAFKA_SESSION_MS
  value: {{ int $kafka.sessionMs | quote }}
- name: VOLTAP_KAFKA_TLS
  value: {{ $kafka.tls.enabled | quote }}
{{- if $kafka.tls.enabled }}
{{- if $kafka.tls.caSecret.name }}
- name: VOLTAP_KAFKA_CA_FILE
  value: /etc/voltap/kafka/ca.crt
{{- end }}
{{- if $kafka.tls.clientSecret.name }}
- name: VOLTAP_KAFKA_CERTIFICATE_FILE
  value: /etc/voltap/kafka-client/user.crt
- name: VOLTAP_KAFKA_KEY_FILE
  value: /etc/voltap/kafka-client/user.key
{{- end }}
{{- end }}
{{- with $kafka.sasl }}
{{- if .mechanism }}
- name: VOLTAP_KAFKA_SASL_MECHANISM
  value: {{ .mechanism }}
- name: VOLTAP_KAFKA_USERNAME
  value: {{ include "voltap.forService" (dict "text" .username "service" $.service) | quote }}
{{ include "voltap.fromSecret" (merge (dict "variable" "VOLTAP_KAFKA_PASSWORD" "name" .passwordSecret.name "key" .passwordSecret.key) $) }}
{{- end }}
{{- end }}
{{- end }}

{{- define "voltap.redisEnvironment" -}}
{{- $redis := .root.Values.redis }}
{{- if $redis.urlSecret.name }}
{{- include "voltap.fromSecret" (merge (dict "variable" "VOLTAP_REDIS_URL" "name" $redis.urlSecret.name "key" $redis.urlSecret.key) .) }}
{{- else }}
{{- $scheme := ternary "rediss" "redis" $redis.tls }}
{{- $address := printf "%s:%d/%d" $redis.host (int $redis.port) (int $redis.database) }}
{{- if $redis.passwordSecret.name }}
{{- include "voltap.fromSecret" (merge (dict "variable" "REDIS_PASSWORD" "name" $redis.passwordSecret.name "key" $redis.passwordSecret.key) .) }}
- name: VOLTAP_REDIS_URL
  value: {{ printf "%s://:$(REDIS_PASSWORD)@%s" $scheme $address | quote }}
{{- else -}}
- name: VOLTAP_REDIS_URL
  value: {{ printf "%s://%s" $scheme $address | quote }}
{{- end }}
{{- end }}
- name: VOLTAP_REDIS_KEY_PREFIX
  value: {{ $redis.keyPrefix | quote }}
{{- if $redis.caSecret.name }}
- name: VOLTAP_REDIS_CA_FILE
  value: /etc/voltap/redis/ca.crt
{{- end }}
{{- end }}
