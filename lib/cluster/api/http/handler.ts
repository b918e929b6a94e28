import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { ApiStatusError, badRequest, tooManyRequests } from "@/lib/cluster/client/status";
import type { Api } from "../api";
import { relayToRemote } from "../aggregation/relay";
import { checkAllowed } from "../authz/check";
import { authenticate } from "./authenticate";
import { encodingOfError } from "./negotiate";
import { attributesOfPath } from "./path-attributes";
import { answerNonResource } from "./non-resource";
import { parseRequest, type RequestInfo } from "./request-info";
import { answerResource, isLongRunning } from "./resource-request";
import { sendStatus, sendText } from "./respond";

/** Answers every request that is no upgrade; never rejects. */
export function createHandler(
  api: Api,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  let inFlight = 0;
  return async (request, response) => {
    response.setHeader("Audit-Id", randomUUID());
    request.on("error", () => response.destroy());
    let counted = false;
    try {
      const info = parseRequest(request.url ?? "/");
      if (!info) throw badRequest("the request's path is not well formed");
      if (!isLongRunning(request, info)) {
        if (inFlight >= api.limits.inFlightMax)
          throw tooManyRequests("Too many requests, please try again later.", 1);
        counted = true;
        inFlight++;
      }
      await answer(api, request, response, info);
    } catch (failure) {
      const error = ApiStatusError.from(failure);
      if (error.code >= 500 && error.cause)
        api.logger.error({ err: error.cause, url: request.url?.split("?")[0] }, "request failed");
      if (isPlain404(error)) sendText(response, 404, "404 page not found\n");
      else sendStatus(response, error, encodingOfError(request.headers.accept));
      if (!request.complete) request.resume(); // the rest of a refused body is read and dropped by its limits
    } finally {
      if (counted) inFlight--;
    }
  };
}

async function answer(
  api: Api,
  request: IncomingMessage,
  response: ServerResponse,
  info: RequestInfo,
): Promise<void> {
  const user = authenticate(api, request);
  const remote = api.aggregator.remoteAt(info.path);
  if (remote) {
    checkAllowed(api.authorizer, attributesOfPath(request, info, user));
    return relayToRemote(api.backends, remote, request, response, user);
  }
  if (info.isResource) return answerResource(api, request, response, info, user);
  checkAllowed(api.authorizer, attributesOfPath(request, info, user));
  return answerNonResource(api, request, response, info);
}

/** Unknown paths are answered in plain text, as Go's router does. */
const isPlain404 = ({ status }: ApiStatusError) =>
  status.code === 404 && status.message === "the server could not find the requested resource";
