{{/* What a pod that serves and a pod that copies have in common. */}}

{{/* As whom it runs, and where. */}}
{{- define "doorward.placement" -}}
serviceAccountName: {{ include "doorward.name" . }}
automountServiceAccountToken: false
# Doorward refuses variables of its prefix that it does not know.
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: {{ int .Values.user.id }}
  runAsGroup: {{ int .Values.user.group }}
  fsGroup: {{ int .Values.user.group }}
  # Otherwise each start would open the files of the data directory to the group.
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* What its container may do. */}}
{{- define "doorward.confinement" -}}
allowPrivilegeEscalation: false
privileged: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities:
  drop: [ALL]
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "doorward.mounts" -}}
- name: config
  mountPath: /etc/doorward/config
  readOnly: true
- name: master-key
  mountPath: /etc/doorward/master-key
  readOnly: true
{{- if .Values.tls.existingSecret }}
- name: tls
  mountPath: /etc/doorward/tls
  readOnly: true
{{- end }}
{{- if eq .Values.storage.engine "surreal" }}
- name: database
  mountPath: /etc/doorward/database
  readOnly: true
{{- if or .Values.storage.surreal.ca.existingConfigMap .Values.storage.surreal.ca.existingSecret }}
- name: database-ca
  mountPath: /etc/doorward/database-ca
  readOnly: true
{{- end }}
{{- end }}
# The data directory is made within, for Doorward's user alone, as a volume's own root cannot be.
- name: data
  mountPath: /var/lib/doorward
{{- end -}}

{{/* The volumes of all mounts but the data directory's. */}}
{{- define "doorward.volumes" -}}
- name: config
  configMap:
    name: {{ include "doorward.name" . }}
- name: master-key
  secret:
    secretName: {{ include "doorward.masterKeySecret" . }}
    defaultMode: 0440
    items:
      - key: {{ .Values.masterKey.secretKey }}
        path: key
{{- with .Values.tls.existingSecret }}
- name: tls
  secret:
    secretName: {{ . }}
    defaultMode: 0440
{{- end }}
{{- if eq .Values.storage.engine "surreal" }}
- name: database
  secret:
    secretName: {{ include "doorward.databaseSecret" . }}
    defaultMode: 0440
    items:
      - key: {{ .Values.storage.surreal.password.secretKey }}
        path: password
{{- with .Values.storage.surreal.ca }}
{{- if or .existingConfigMap .existingSecret }}
- name: database-ca
  projected:
    sources:
      {{- if .existingConfigMap }}
      - configMap:
          name: {{ .existingConfigMap }}
      {{- else }}
      - secret:
          name: {{ .existingSecret }}
      {{- end }}
          items:
            - key: {{ .fileKey }}
              path: ca.crt
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/* The data directory of a node that keeps nothing. */}}
{{- define "doorward.scratch" -}}
# For the control socket. Readiness turns red with less than 64 MiB free, so the bound leaves more than that.
- name: data
  emptyDir:
    sizeLimit: 256Mi
{{- end -}}
