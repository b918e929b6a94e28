import NextAuth from "next-auth";
import type { NextRequest } from "next/server";
import { options } from "@/app/_server/session";

interface Context {
  params: Promise<{ nextauth: string[] }>;
}

const handler = (request: NextRequest, context: Context) =>
  NextAuth(request as never, context as never, options()) as Promise<Response>;

export { handler as GET, handler as POST };
