import { deps } from "@/app/_server/deps";

export const dynamic = "force-dynamic";

/** For supervisors: 200 when the web process and its database answer. */
export async function GET(): Promise<Response> {
  try {
    await deps().db.$queryRaw`SELECT 1`;
    return Response.json({ service: "examctl", status: "ok" });
  } catch (failure) {
    deps().logger.error({ err: failure }, "health check failed");
    return Response.json({ service: "examctl", status: "database unavailable" }, { status: 503 });
  }
}
