# node: base
mkdir -p /root/charts/{{release}}/templates
cd /root/charts/{{release}}
cat > Chart.yaml <<'YAML'
apiVersion: v2
name: {{release}}
version: 1.2.0
appVersion: "1.0"
YAML
cat > values.yaml <<'YAML'
replicas: 1
message: hello
service:
  port: 80
YAML
cat > templates/all.yaml <<'YAML'
apiVersion: apps/v1
kind: Deployment
metadata:
  name: "{{ .Release.Name }}"
spec:
  replicas: {{ .Values.replicas }}
  selector: { matchLabels: { app: "{{ .Release.Name }}" } }
  template:
    metadata: { labels: { app: "{{ .Release.Name }}" } }
    spec:
      terminationGracePeriodSeconds: 1
      containers: [{ name: web, image: "hashicorp/http-echo:1.0", args: ["-text={{ .Values.message }}"] }]
---
apiVersion: v1
kind: Service
metadata:
  name: "{{ .Release.Name }}"
spec:
  selector: { app: "{{ .Release.Name }}" }
  ports: [{ port: {{ .Values.service.port }}, targetPort: 5678 }]
YAML
helm install {{release}} . -n {{releaseSpace}} --set message=good-morning
