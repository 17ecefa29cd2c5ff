{{/* Names, and the parts that state is kept in. Takes policy, parts. */}}
{{- define "voltap.egressToParts" -}}
- ports:
    - port: 53
      protocol: UDP
    - port: 53
      protocol: TCP
  {{- with .policy.dns.to }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- range $part := .parts }}
{{- $rule := get $.policy $part }}
- ports:
    {{- range $rule.ports }}
    - port: {{ int . }}
    {{- end }}
  {{- with $rule.to }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
{{- end }}
