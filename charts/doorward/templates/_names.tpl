{{/* How objects are named and labelled, and what is derived from the values. */}}

{{- define "doorward.name" -}}
{{- .Values.nameOverride | default .Release.Name -}}
{{- end -}}

{{/* Every pod of the release, for the network policy. */}}
{{- define "doorward.podsOfRelease" -}}
app.kubernetes.io/name: doorward
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* The pods that serve; the one that copies is not among them. */}}
{{- define "doorward.podsOfNodes" -}}
{{ include "doorward.podsOfRelease" . }}
app.kubernetes.io/component: node
{{- end -}}

{{- define "doorward.labels" -}}
{{ include "doorward.podsOfRelease" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "doorward.image" -}}
{{- $image := .Values.image -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $image.repository $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $image.repository ($image.tag | default .Chart.AppVersion) -}}
{{- end -}}
{{- end -}}

{{/* How many nodes: 1 on redb and 3 on surreal, unless said. */}}
{{- define "doorward.nodes" -}}
{{- if kindIs "invalid" .Values.nodes -}}
{{- ternary 1 3 (eq .Values.storage.engine "redb") -}}
{{- else -}}
{{- int .Values.nodes -}}
{{- end -}}
{{- end -}}

{{- define "doorward.masterKeySecret" -}}
{{- .Values.masterKey.existingSecret | default (printf "%s-master-key" (include "doorward.name" .)) -}}
{{- end -}}

{{- define "doorward.databaseSecret" -}}
{{- .Values.storage.surreal.password.existingSecret | default (printf "%s-database" (include "doorward.name" .)) -}}
{{- end -}}

{{/* The port of the database's url: as it says, or that of its scheme. */}}
{{- define "doorward.databasePort" -}}
{{- $url := urlParse .Values.storage.surreal.url -}}
{{- $port := regexFind ":[0-9]+$" $url.host | trimPrefix ":" -}}
{{- $port | default (ternary "443" "80" (eq $url.scheme "wss")) -}}
{{- end -}}

{{/* Seconds of a duration as doorward.toml writes it, rounded up. */}}
{{- define "doorward.seconds" -}}
{{- $number := regexFind "^[0-9]+" . | int64 -}}
{{- $unit := regexFind "[a-z]+$" . -}}
{{- if eq $unit "ms" -}}
{{- div (add $number 999) 1000 -}}
{{- else -}}
{{- mul $number (get (dict "s" 1 "m" 60 "h" 3600 "d" 86400) $unit) -}}
{{- end -}}
{{- end -}}

{{/* MiB of a size as doorward.toml or Kubernetes writes it, rounded up. */}}
{{- define "doorward.mebibytes" -}}
{{- $number := regexFind "^[0-9]+" . | int64 -}}
{{- $unit := regexFind "[A-Za-z]+$" . | trimSuffix "B" -}}
{{- if eq $unit "Gi" -}}
{{- mul $number 1024 -}}
{{- else if eq $unit "Mi" -}}
{{- $number -}}
{{- else if eq $unit "Ki" -}}
{{- div (add $number 1023) 1024 -}}
{{- else -}}
{{- div (add $number 1048575) 1048576 -}}
{{- end -}}
{{- end -}}

{{/* Until a pod is killed: leaving the load balancer, the drain, the end of the actors. */}}
{{- define "doorward.terminationSeconds" -}}
{{- $drain := dig "listen" "drain" "20s" .Values.config | default "20s" -}}
{{- add .Values.termination.leaveSeconds (include "doorward.seconds" $drain) .Values.termination.stopSeconds -}}
{{- end -}}
