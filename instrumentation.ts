/** Runs once in the web process: deadlines pass, attempts are graded and labs stop with nobody looking. */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME !== "nodejs") return;
  const { startSweeper } = await import("./app/_server/start-sweeper");
  startSweeper();
}
