# A colleague's draft of the Deployment, with three faults.
cat > /root/{{file}} <<'YAML'
apiVersion: app/v1
kind: Deployment
metadata:
  name: ingress-nginx-controller
  namespace: nginx
  labels: { app.kubernetes.io/name: ingress-nginx, app.kubernetes.io/component: controller }
spec:
  replicas: 1
  selector:
    matchLabels: { app.kubernetes.io/name: ingress-nginx, app.kubernetes.io/component: controller }
  template:
    metadata:
      labels: { app.kubernetes.io/name: ingress-nginx, app.kubernetes.io/component: ingress }
    spec:
      serviceAccountName: ingress-nginx
      terminationGracePeriodSeconds: 5
      containers:
        - name: controller
          image: registry.k8s.io/ingress-nginx/controller:{{release}}
          args:
            - /nginx-ingress-controller
            - --controller-class=k8s.io/ingress-nginx
            - --configmap=$(POD_NAMESPACE)/ingress-nginx-controller
            - --report-node-internal-ip-address
          env:
            - name: POD_NAME
              valueFrom: { fieldRef: { fieldPath: metadata.name } }
            - name: POD_NAMESPACE
              valueFrom: { fieldRef: { fieldPath: metadata.namespace } }
          ports:
            - { name: http, containerPort: 80 }
            - { name: https, containerPort: 443 }
          readinessProbe:
            httpGet: { path: /healthz, port: 10254 }
            periodSeconds: 1
          securityContext:
            allowPrivilegeEscalation: false
            runAsUser: 101
            capabilities: { drop: [ALL], add: [NET_BIND_SERVICE] }
YAML
