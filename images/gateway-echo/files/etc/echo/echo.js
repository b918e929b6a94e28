/* ?delay=1s waits first; the header X-Echo-Set-Header: "A:1, B:2" is answered with those headers. */
function headersOf(request) {
  var found = {};
  request.rawHeadersIn.forEach(function (pair) {
    var name = pair[0]
      .split("-")
      .map(function (word) {
        return word.charAt(0).toUpperCase() + word.slice(1).toLowerCase();
      })
      .join("-");
    (found[name] = found[name] || []).push(pair[1]);
  });
  return found;
}

function milliseconds(text) {
  var parts = /^([\d.]+)(ms|s)$/.exec(text || "");
  return parts ? Number(parts[1]) * (parts[2] === "s" ? 1000 : 1) : 0;
}

/* A server may set $echo_namespace and $echo_pod, where it stands for a pod. */
function tell(request) {
  var wanted = request.headersIn["X-Echo-Set-Header"];
  (wanted ? wanted.split(",") : []).forEach(function (text) {
    var at = text.indexOf(":");
    var name = text.slice(0, at).trim();
    request.headersOut[name] = text.slice(at + 1).trim();
  });
  request.headersOut["Content-Type"] = "application/json";
  request.headersOut["X-Content-Type-Options"] = "nosniff";
  request.return(
    200,
    JSON.stringify(
      {
        path: request.variables.request_uri,
        host: request.headersIn.Host,
        method: request.method,
        proto: request.variables.server_protocol,
        headers: headersOf(request),
        httpPort: request.variables.server_port,
        namespace: request.variables.echo_namespace || process.env.NAMESPACE || "",
        ingress: "",
        service: process.env.SERVICE_NAME || "",
        pod: request.variables.echo_pod || process.env.POD_NAME || "",
      },
      null,
      1,
    ) + "\n",
  );
}

function answer(request) {
  var waitMs = milliseconds(request.args.delay);
  if (waitMs === 0) return tell(request);
  setTimeout(function () {
    tell(request);
  }, waitMs);
}

export default { answer };
