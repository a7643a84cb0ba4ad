{{/* doorward.toml: what the values say, and what the chart decides over it. */}}

{{- define "doorward.toml" -}}
{{- $values := .Values -}}
{{- $listen := dict "address" (list (printf "%s:%v" $values.bind (int $values.ports.public))) -}}
{{- if $values.tls.existingSecret -}}
{{- $listen = merge $listen (dict "tls_certificate_file" "/etc/doorward/tls/tls.crt" "tls_key_file" "/etc/doorward/tls/tls.key") -}}
{{- end -}}
{{- $decided := dict
  "issuer" (dict "url" $values.issuer)
  "listen" $listen
  "management" (dict "listen" (printf "%s:%v" $values.bind (int $values.ports.management)))
  "master_key" (dict "file" "/etc/doorward/master-key/key")
  "storage" (dict "engine" $values.storage.engine "path" "/var/lib/doorward/data")
-}}
{{- if eq $values.storage.engine "surreal" -}}
{{- $surreal := pick $values.storage.surreal "url" "username" -}}
{{- $_ := set $surreal "password_file" "/etc/doorward/database/password" -}}
{{- if or $values.storage.surreal.ca.existingConfigMap $values.storage.surreal.ca.existingSecret -}}
{{- $_ := set $surreal "ca_file" "/etc/doorward/database-ca/ca.crt" -}}
{{- end -}}
{{- $_ := set $decided "surreal" $surreal -}}
{{- end -}}
{{- $sections := deepCopy $values.config -}}
{{- range $name, $keys := $decided -}}
{{- $_ := set $sections $name (merge $keys (get $sections $name | default dict)) -}}
{{- end -}}
# Made by the chart. [node] name is the pod's name, from DOORWARD_NODE__NAME.
{{- range $name, $keys := $sections }}
{{- if $keys }}

[{{ $name }}]
{{- range $key, $value := $keys }}
{{- if not (kindIs "invalid" $value) }}
{{ $key }} = {{ include "doorward.tomlValue" $value }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/* A value as TOML writes it. Helm reads every number as a float, and no key of ours is one. */}}
{{- define "doorward.tomlValue" -}}
{{- if kindIs "string" . -}}
{{- toJson . -}}
{{- else if kindIs "bool" . -}}
{{- . -}}
{{- else if kindIs "slice" . -}}
[
{{- range $index, $element := . -}}
{{- if $index }}, {{ end -}}
{{- include "doorward.tomlValue" $element -}}
{{- end -}}
]
{{- else -}}
{{- int64 . -}}
{{- end -}}
{{- end -}}
