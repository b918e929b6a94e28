/* Whether a client speaks HTTP/2 without TLS: its first bytes say so. */
var preface = "PRI * HTTP/2.0";

function protocol(session) {
  session.on("upload", function (data, flags) {
    var length = Math.min(data.length, preface.length);
    if (data.slice(0, length) !== preface.slice(0, length)) {
      session.variables.gw_http = "http1";
      session.done();
    } else if (length === preface.length) {
      session.variables.gw_http = "http2";
      session.done();
    } else if (flags.last) {
      session.done();
    }
  });
}

export default { protocol };
