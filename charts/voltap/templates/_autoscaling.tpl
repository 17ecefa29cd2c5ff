{{/* What scales one service. Takes root, service, part, scaling. */}}
{{- define "voltap.autoscaling" -}}
{{- $name := printf "%s-%s" (include "voltap.fullname" .root) .service }}
{{- $scaling := .scaling }}
{{- if eq $scaling.kind "hpa" }}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ $name }}
  labels:
    {{- include "voltap.labels" .part | nindent 4 }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ $name }}
  minReplicas: {{ int $scaling.minReplicas }}
  maxReplicas: {{ int $scaling.maxReplicas }}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target:
          type: Utilization
          averageUtilization: {{ int $scaling.cpuPercent }}
  behavior:
    scaleDown:
      stabilizationWindowSeconds: {{ int $scaling.cooldownSeconds }}
{{- else if eq $scaling.kind "keda" }}
{{- $kafka := .root.Values.kafka }}
{{- $consumes := has .service (splitList " " (include "voltap.consumers" .root)) }}
{{- $signsIn := or $kafka.sasl.mechanism (and $kafka.tls.enabled (or $kafka.tls.caSecret.name $kafka.tls.clientSecret.name)) }}
---
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: {{ $name }}
  labels:
    {{- include "voltap.labels" .part | nindent 4 }}
spec:
  scaleTargetRef:
    name: {{ $name }}
  minReplicaCount: {{ int $scaling.minReplicas }}
  maxReplicaCount: {{ int $scaling.maxReplicas }}
  pollingInterval: {{ int $scaling.pollingSeconds }}
  advanced:
    horizontalPodAutoscalerConfig:
      behavior:
        scaleDown:
          stabilizationWindowSeconds: {{ int $scaling.cooldownSeconds }}
  triggers:
    - type: cpu
      metricType: Utilization
      metadata:
        value: {{ int $scaling.cpuPercent | quote }}
    {{- if $consumes }}
    # Without a topic: over all topics of the group, which is named like the service.
    - type: kafka
      metadata:
        bootstrapServers: {{ join "," $kafka.brokers | quote }}
        consumerGroup: {{ printf "%s%s" $kafka.prefix .service | quote }}
        lagThreshold: {{ int $scaling.lagThreshold | quote }}
        offsetResetPolicy: earliest
        {{- with $kafka.sasl.mechanism }}
        sasl: {{ ternary "plaintext" (replace "-" "_" .) (eq . "plain") | replace "scram_sha_" "scram_sha" | quote }}
        {{- end }}
        tls: {{ ternary "enable" "disable" $kafka.tls.enabled }}
      {{- if $signsIn }}
      authenticationRef:
        name: {{ $name }}-kafka
      {{- end }}
    {{- end }}
{{- if and $consumes $signsIn }}
---
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata:
  name: {{ $name }}-kafka
  labels:
    {{- include "voltap.labels" .part | nindent 4 }}
spec:
  {{- if $kafka.sasl.mechanism }}
  env:
    - parameter: username
      name: VOLTAP_KAFKA_USERNAME
      containerName: {{ .service }}
  {{- end }}
  secretTargetRef:
    {{- if $kafka.sasl.mechanism }}
    - parameter: password
      name: {{ include "voltap.forService" (dict "text" $kafka.sasl.passwordSecret.name "service" .service) }}
      key: {{ $kafka.sasl.passwordSecret.key }}
    {{- end }}
    {{- if and $kafka.tls.enabled $kafka.tls.caSecret.name }}
    - parameter: ca
      name: {{ include "voltap.forService" (dict "text" $kafka.tls.caSecret.name "service" .service) }}
      key: {{ $kafka.tls.caSecret.key }}
    {{- end }}
    {{- if and $kafka.tls.enabled $kafka.tls.clientSecret.name }}
    {{- $client := include "voltap.forService" (dict "text" $kafka.tls.clientSecret.name "service" .service) }}
    - parameter: cert
      name: {{ $client }}
      key: {{ $kafka.tls.clientSecret.certificateKey }}
    - parameter: key
      name: {{ $client }}
      key: {{ $kafka.tls.clientSecret.keyKey }}
    {{- end }}
{{- end }}
{{- end }}
{{- end }}
