import { signInPath } from "./way-back";

/** A request to one of our JSON routes. Throws ApiError with the server's sentence. */
export class ApiError extends Error {
  readonly code: string;
  readonly problems: { file: string; line?: number; path: string; problem: string; remedy: string }[];

  constructor(code: string, message: string, problems: ApiError["problems"] = []) {
    super(message);
    this.code = code;
    this.problems = problems;
  }
}

export async function api<T>(
  method: "GET" | "POST" | "PUT",
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      headers: { "content-type": "application/json" },
      ...(signal ? { signal } : {}),
    });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new ApiError("offline", "The server cannot be reached.");
  }
  const answer = (await response.json().catch(() => undefined)) as
    | (T & { error?: { code: string; message: string; problems?: ApiError["problems"] } })
    | undefined;
  if (response.ok && answer !== undefined) return answer;
  if (response.status === 401) window.location.assign(signInPath(window.location.pathname));
  throw new ApiError(
    answer?.error?.code ?? "internal",
    answer?.error?.message ?? "The server gave an answer that cannot be read. Try again.",
    answer?.error?.problems,
  );
}
