/*
 * Which location answers a request, by the table that the controller writes (matches.json): for each server its entries in the order
 * of their precedence, so that the first that fits is the one. njs 0.7: no classes, no spread, no for-of over strings.
 */
function isMatch(kind, value, wanted) {
  if (value === undefined || value === null) return false;
  return kind === "RegularExpression" ? new RegExp(wanted).test(value) : value === wanted;
}

function pathMatches(path, wanted) {
  if (wanted.type === "Exact") return path === wanted.value;
  if (wanted.type === "RegularExpression") return new RegExp(wanted.value).test(path);
  var prefix = wanted.value.length > 1 ? wanted.value.replace(/\/+$/, "") : "/";
  return prefix === "/" || path === prefix || path.startsWith(prefix + "/");
}

/* Of a parameter that is given several times the first value counts. */
function firstOf(value) {
  return Array.isArray(value) ? value[0] : value;
}

/* What is preloaded has a length and no methods. */
function allMatch(list, values) {
  for (var i = 0; i < list.length; i++) {
    if (!isMatch(list[i].type, firstOf(values[list[i].name]), list[i].value)) return false;
  }
  return true;
}

function entryOf(request) {
  var entries = gatewayTable.servers[Number(request.variables.gw_server)];
  var path = request.uri;
  for (var i = 0; i < entries.length; i++) {
    var match = entries[i].match;
    if (match.method && match.method !== request.method) continue;
    if (!pathMatches(path, match.path)) continue;
    if (allMatch(match.headers, request.headersIn) && allMatch(match.params, request.args)) return entries[i];
  }
  return undefined;
}

/* $request_id is random: sixteen digits of it are a share of all that is. */
function target(request) {
  var entry = entryOf(request);
  if (!entry) return "/_gw/404";
  if (entry.targets.length === 1) return entry.targets[0].location;
  var at = parseInt(request.variables.request_id.slice(0, 8), 16) / 4294967296;
  for (var i = 0; i < entry.targets.length; i++) {
    if (at < entry.targets[i].until) return entry.targets[i].location;
  }
  return entry.targets[entry.targets.length - 1].location;
}

function split(request) {
  var uri = request.variables.request_uri;
  var at = uri.indexOf("?");
  return at < 0 ? { path: uri, query: "" } : { path: uri.slice(0, at), query: uri.slice(at) };
}

function modified(modifier, path) {
  if (!modifier) return path;
  if (modifier.type === "ReplaceFullPath") return modifier.replaceFullPath || "/";
  var prefix = modifier.prefix.replace(/\/+$/, "");
  var rest = path.slice(prefix.length);
  var start = modifier.replacePrefixMatch.replace(/\/+$/, "");
  if (rest !== "" && !rest.startsWith("/")) rest = "/" + rest;
  return start + rest || "/";
}

/* The path and query that the backend is asked for. */
function path(request) {
  var parts = split(request);
  return modified(gatewayTable.locations[request.variables.gw_location].path, parts.path) + parts.query;
}

function location(request) {
  var redirect = gatewayTable.locations[request.variables.gw_location].redirect;
  var parts = split(request);
  var scheme = redirect.scheme || request.variables.scheme;
  var port = redirect.port || (redirect.scheme ? "" : request.variables.gw_port);
  var isUsual =
    port === "" || (scheme === "http" && Number(port) === 80) || (scheme === "https" && Number(port) === 443);
  var host = redirect.hostname || request.variables.host;
  return (
    scheme + "://" + host + (isUsual ? "" : ":" + port) + modified(redirect.path, parts.path) + parts.query
  );
}

export default { target, path, location };
