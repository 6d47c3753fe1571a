{{- define "reslora.labels" -}}
app.kubernetes.io/name: reslora
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{/* Flink's native mode names pods and their label app after the deployment; 45 characters at most. */}}
{{- define "reslora.name" -}}
{{- if eq .Release.Name "reslora" }}reslora{{ else }}{{ printf "%s-reslora" .Release.Name | trunc 45 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "reslora.image" -}}
{{- $tag := .Values.image.tag | default (printf "%s%s" .Chart.AppVersion (ternary "-cuda" "" .Values.gpu.enabled)) -}}
{{ .Values.image.repository }}:{{ $tag }}
{{- end }}

{{- define "reslora.onVolume" -}}
{{- if hasPrefix "file://" .Values.state.uri }}true{{ end }}
{{- end }}

{{/* The job's configuration: the values' own, and what the chart decides. */}}
{{- define "reslora.job" -}}
{{- $job := deepCopy .Values.job -}}
{{- $decided := dict "job" (dict "parallelism" .Values.parallelism) "checkpoint" (dict "directory" (printf "%s/checkpoints" .Values.state.uri)) -}}
{{- $job = mergeOverwrite $job $decided -}}
{{- if .Values.secrets.kafka -}}
{{- $properties := include "reslora.kafkaProperties" . | fromYaml -}}
{{- $_ := set $job.kafka "properties" (mergeOverwrite $properties (get $job.kafka "properties" | default dict)) -}}
{{- end -}}
{{ toYaml (dict "reslora" $job) }}
{{- end }}

{{/* The job's options by their names, for values may be nested or dotted. */}}
{{- define "reslora.options" -}}
{{- include "reslora.flat" (dict "prefix" "" "values" (include "reslora.job" . | fromYaml)) }}
{{- end }}

{{- define "reslora.flat" -}}
{{- range $key, $value := .values }}
{{- $name := printf "%s%s" $.prefix $key }}
{{- if kindIs "map" $value }}
{{- include "reslora.flat" (dict "prefix" (printf "%s." $name) "values" $value) }}
{{- else }}
{{ $name }}: {{ toJson $value }}
{{- end }}
{{- end }}
{{- end }}

{{/* A properties file of the job's Kafka properties. */}}
{{- define "reslora.clientProperties" -}}
{{- range $name, $value := include "reslora.options" . | fromYaml }}
{{- if hasPrefix "reslora.kafka.properties." $name }}
{{- $text := kindIs "string" $value | ternary $value (toJson $value) }}
{{ trimPrefix "reslora.kafka.properties." $name }}={{ $text | replace "\\" "\\\\" | replace "\n" "\\n" }}
{{- end }}
{{- end }}
{{- end }}

{{/* Whether servers need the claim, for payloads that the job stores there; they reach no other store. */}}
{{- define "reslora.storeOnVolume" -}}
{{- with get (include "reslora.options" . | fromYaml) "reslora.snapshot.store" -}}
{{- $directory := printf "%s/" $.Values.state.uri -}}
{{- if not (and (include "reslora.onVolume" $) (hasPrefix $directory .)) -}}
{{- fail (printf "serve.enabled: expected job.snapshot.store under a state.uri of file://, where servers see it too, found %s" .) -}}
{{- end -}}
true
{{- end }}
{{- end }}

{{/* Kafka by TLS and SASL; the clients read the secret's files by themselves. */}}
{{- define "reslora.kafkaProperties" -}}
{{- $module := ternary "org.apache.kafka.common.security.plain.PlainLoginModule" "org.apache.kafka.common.security.scram.ScramLoginModule" (eq .Values.kafka.mechanism "PLAIN") -}}
{{- $properties := dict
  "security.protocol" "SASL_SSL"
  "sasl.mechanism" .Values.kafka.mechanism
  "sasl.jaas.config" (printf "%s required username=\"${directory:/etc/reslora/kafka:username}\" password=\"${directory:/etc/reslora/kafka:password}\";" $module)
  "ssl.truststore.type" "PEM"
  "ssl.truststore.location" "/etc/reslora/kafka/ca.pem"
  "config.providers" "directory"
  "config.providers.directory.class" "org.apache.kafka.common.config.provider.DirectoryConfigProvider" -}}
{{ toYaml $properties }}
{{- end }}
