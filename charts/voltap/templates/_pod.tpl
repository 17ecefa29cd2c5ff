{{/* Nothing that a pod of ours may not do under the restricted profile of Pod Security. */}}
{{- define "voltap.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "voltap.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{- define "voltap.pullSecrets" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end }}

{{/* Certificates as files. Takes root, service, forJob; answers volumes for one service. */}}
{{- define "voltap.certificateVolumes" -}}
{{- range include "voltap.certificates" . | fromYamlArray }}
- name: {{ .volume }}
  secret:
    secretName: {{ .secret }}
    defaultMode: 288
    items:
      {{- range .files }}
      - key: {{ .key }}
        path: {{ .path }}
      {{- end }}
{{- end }}
{{- end }}

{{- define "voltap.certificateMounts" -}}
{{- range include "voltap.certificates" . | fromYamlArray }}
- name: {{ .volume }}
  mountPath: {{ .mountPath }}
  readOnly: true
{{- end }}
{{- end }}

{{- define "voltap.certificates" -}}
{{- $values := .root.Values }}
{{- with $values.postgres.caSecret }}
{{- if .name }}
- volume: {{ $.volumePrefix }}postgres-authority
  mountPath: /etc/voltap/postgres
  secret: {{ include "voltap.certificateSecret" (dict "name" .name "with" $) }}
  files: [{ key: {{ .key }}, path: ca.crt }]
{{- end }}
{{- end }}
{{- if $values.kafka.tls.enabled }}
{{- with $values.kafka.tls.caSecret }}
{{- if .name }}
- volume: {{ $.volumePrefix }}kafka-authority
  mountPath: /etc/voltap/kafka
  secret: {{ include "voltap.certificateSecret" (dict "name" .name "with" $) }}
  files: [{ key: {{ .key }}, path: ca.crt }]
{{- end }}
{{- end }}
{{- with $values.kafka.tls.clientSecret }}
{{- if .name }}
- volume: {{ $.volumePrefix }}kafka-client
  mountPath: /etc/voltap/kafka-client
  secret: {{ include "voltap.certificateSecret" (dict "name" .name "with" $) }}
  files: [{ key: {{ .certificateKey }}, path: user.crt }, { key: {{ .keyKey }}, path: user.key }]
{{- end }}
{{- end }}
{{- end }}
{{- with $values.redis.caSecret }}
{{- if .name }}
- volume: {{ $.volumePrefix }}redis-authority
  mountPath: /etc/voltap/redis
  secret: {{ include "voltap.certificateSecret" (dict "name" .name "with" $) }}
  files: [{ key: {{ .key }}, path: ca.crt }]
{{- end }}
{{- end }}
{{- end }}

{{- define "voltap.certificateSecret" -}}
{{- $name := include "voltap.forService" (dict "text" .name "service" .with.service) -}}
{{ include "voltap.secretName" (dict "root" .with.root "name" $name "forJob" .with.forJob) }}
{{- end }}
