{{/* The nine, in the order in which a charge passes them. */}}
{{- define "voltap.serviceNames" -}}
gateway credentials locations tariffs tokens commands sessions cdrs payments
{{- end }}

{{/* Those that hear events: they have a consumer group, so a lag. */}}
{{- define "voltap.consumers" -}}
gateway locations tariffs tokens commands sessions cdrs payments
{{- end }}

{{/* Those that call partners through the gateway's egress. */}}
{{- define "voltap.egressCallers" -}}
credentials tokens payments
{{- end }}

{{- define "voltap.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" }}
{{- end }}

{{/* Short enough that every suffix fits into 63 characters. */}}
{{- define "voltap.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" }}
{{- else if contains (include "voltap.name" .) .Release.Name }}
{{- .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "voltap.name" .) | trunc 40 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{/* What never changes for the objects of a release; with `component`, of one part of it. Takes root, component. */}}
{{- define "voltap.selectorLabels" -}}
app.kubernetes.io/name: {{ include "voltap.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- with .component }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- end }}

{{/* Takes root, component. */}}
{{- define "voltap.labels" -}}
{{ include "voltap.selectorLabels" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
app.kubernetes.io/part-of: voltap
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- with .root.Values.labels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "voltap.image" -}}
{{- $image := .Values.image -}}
{{ $image.repository }}:{{ default .Chart.AppVersion $image.tag }}{{ with $image.digest }}@{{ . }}{{ end }}
{{- end }}

{{/* A text in which `{service}` stands for the service's name. Takes text, service. */}}
{{- define "voltap.forService" -}}
{{- replace "{service}" .service .text }}
{{- end }}

{{/* Name of the Secret that the chart makes of `secrets.inline`; empty when it makes none. */}}
{{- define "voltap.inlineSecretName" -}}
{{- $inline := .Values.secrets.inline }}
{{- if or $inline.postgresUrl (and (not .Values.secrets.existingSecret) (or $inline.caller $inline.sealing $inline.apiKeys)) -}}
{{ include "voltap.fullname" . }}-inline
{{- end }}
{{- end }}

{{/*
The Secret of that name, for whoever asks. The Job before an installation comes before all ordinary objects: what the chart
itself makes has a copy for it, which ends with it. Takes root, name, forJob.
*/}}
{{- define "voltap.secretName" -}}
{{- $own := or (eq .name (include "voltap.inlineSecretName" .root)) (and .root.Values.externalSecrets.enabled (hasKey .root.Values.externalSecrets.secrets .name)) -}}
{{ .name }}{{ if and .forJob $own }}-prepare{{ end }}
{{- end }}

{{/* Of objects that exist for the Job only. Takes weight. */}}
{{- define "voltap.hookAnnotations" -}}
helm.sh/hook: pre-install,pre-upgrade
helm.sh/hook-weight: {{ .weight | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end }}

{{/* Host of `public.url`, without its port. */}}
{{- define "voltap.publicHost" -}}
{{- regexReplaceAll ":[0-9]+$" (urlParse .Values.public.url).host "" }}
{{- end }}
