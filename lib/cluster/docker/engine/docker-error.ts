/** What the daemon answers instead of doing it; `docker` prints it after "Error response from daemon: ". */
export class DockerError extends Error {
  constructor(
    message: string,
    /** What `docker run` exits with. */
    readonly exitCode = 125,
  ) {
    super(message);
  }
}
