import { signOut as endSession } from "next-auth/react";

/** Ends the session and goes to the sign-in page of the host that this page came from, whatever NEXTAUTH_URL names. */
export async function signOut(): Promise<void> {
  await endSession({ redirect: false });
  window.location.assign("/sign-in");
}
