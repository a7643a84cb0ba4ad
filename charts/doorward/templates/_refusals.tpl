{{/* What the chart does not render, all of it told at once. What one value alone may be stands in values.schema.json. */}}

{{- define "doorward.refusals" -}}
{{- $values := .Values -}}
{{- $surreal := $values.storage.surreal -}}
{{- $is_surreal := eq $values.storage.engine "surreal" -}}
{{- $listen := $values.config.listen | default dict -}}
{{- $nodes := include "doorward.nodes" . | int -}}
{{- $name := include "doorward.name" . -}}
{{- $faults := list -}}

{{- if not $values.image.repository -}}
{{- $faults = append $faults "image.repository: name the image that has doorward in it" -}}
{{- end -}}
{{- if not $values.issuer -}}
{{- $faults = append $faults "issuer: give the URL under which clients know this provider, such as https://id.example.org" -}}
{{- end -}}
{{- if not $values.masterKey.existingSecret | eq (not $values.masterKey.value) -}}
{{- $faults = append $faults "masterKey: give exactly one of existingSecret and value; there is no default key" -}}
{{- end -}}

{{- $is_protected := or $values.tls.existingSecret (get $listen "forwarded_from") (get $listen "danger_plain_http") -}}
{{- if not $is_protected -}}
{{- $faults = append $faults "tls.existingSecret, config.listen.forwarded_from: give a certificate, or name the proxies that end TLS; config.listen.danger_plain_http=true serves passwords in clear text" -}}
{{- end -}}
{{- if and $values.tls.existingSecret (hasPrefix "http://" $values.issuer) -}}
{{- $faults = append $faults "issuer: make it https, or take tls.existingSecret away" -}}
{{- end -}}
{{- if eq (int $values.ports.public) (int $values.ports.management) -}}
{{- $faults = append $faults "ports: give management a port of its own" -}}
{{- end -}}

{{- if and (not $is_surreal) (ne $nodes 1) -}}
{{- $faults = append $faults "nodes: redb is for one node; set storage.engine=surreal for more" -}}
{{- end -}}
{{- if and $values.copyFrom.claim (not $is_surreal) -}}
{{- $faults = append $faults "copyFrom.claim: only what is on a volume is copied, and into SurrealDB; set storage.engine=surreal" -}}
{{- end -}}
{{- if $is_surreal -}}
{{- if not $surreal.url -}}
{{- $faults = append $faults "storage.surreal.url: say where SurrealDB is, such as wss://surrealdb.database.svc:8000" -}}
{{- end -}}
{{- if and (hasPrefix "ws://" $surreal.url) (not (dig "surreal" "danger_plain_ws" false $values.config)) -}}
{{- $faults = append $faults "storage.surreal.url: use wss://, or say config.surreal.danger_plain_ws=true where a mesh encrypts by itself" -}}
{{- end -}}
{{- if not $surreal.username -}}
{{- $faults = append $faults "storage.surreal.username: name the user of the database" -}}
{{- end -}}
{{- if not $surreal.password.existingSecret | eq (not $surreal.password.value) -}}
{{- $faults = append $faults "storage.surreal.password: give exactly one of existingSecret and value; there is no default password" -}}
{{- end -}}
{{- if and $surreal.ca.existingConfigMap $surreal.ca.existingSecret -}}
{{- $faults = append $faults "storage.surreal.ca: give one of existingConfigMap and existingSecret" -}}
{{- end -}}
{{- if and $values.networkPolicy.enabled (not $values.networkPolicy.database.to) -}}
{{- $faults = append $faults "networkPolicy.database.to: name the pods or addresses of SurrealDB" -}}
{{- end -}}
{{- end -}}

{{- if and $values.networkPolicy.enabled (not $values.networkPolicy.public.from) -}}
{{- $faults = append $faults "networkPolicy.public.from: name who may reach the public port, such as the ingress controller's namespace" -}}
{{- end -}}
{{- if and $values.networkPolicy.enabled (not $values.networkPolicy.management.from) -}}
{{- $faults = append $faults "networkPolicy.management.from: name who reads metrics; an empty list would let everybody" -}}
{{- end -}}
{{- if and (gt $nodes 1) (ge (int $values.disruptionBudget.maxUnavailable) $nodes) -}}
{{- $faults = append $faults "disruptionBudget.maxUnavailable: leave at least one node" -}}
{{- end -}}

{{- $pod := printf "%s-%d" $name (sub $nodes 1) -}}
{{- if or (gt (len $pod) 32) (not (regexMatch "^[a-z]([a-z0-9-]*[a-z0-9])?$" $name)) -}}
{{- $faults = append $faults (printf "nameOverride: %s is the name of a node, which holds at most 32 of a-z, 0-9 and - and begins with a letter" $pod) -}}
{{- end -}}

{{- $hashes := dig "passwords" "hash_memory_max" "256MiB" $values.config | default "256MiB" -}}
{{- $cache := dig "storage" "cache_size" "32MiB" $values.config | default "32MiB" -}}
{{- $needed := add (include "doorward.mebibytes" $hashes) (ternary "0" (include "doorward.mebibytes" $cache) $is_surreal) 64 -}}
{{- if lt (include "doorward.mebibytes" $values.resources.limits.memory | int64) $needed -}}
{{- $faults = append $faults (printf "resources.limits.memory: give at least %dMi: config.passwords.hash_memory_max, on redb config.storage.cache_size, and 64Mi" $needed) -}}
{{- end -}}

{{- if $faults -}}
{{- fail (printf "\n%d of these values cannot be:\n- %s\n" (len $faults) (join "\n- " $faults)) -}}
{{- end -}}
{{- end -}}
