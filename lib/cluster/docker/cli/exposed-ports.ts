/** What the well-known images say with EXPOSE; the catalogue's recipes do not tell. */
const ports: Record<string, string[]> = {
  nginx: ["80/tcp"],
  httpd: ["80/tcp"],
  "hello-world": [],
  redis: ["6379/tcp"],
  memcached: ["11211/tcp"],
  mysql: ["3306/tcp", "33060/tcp"],
  mariadb: ["3306/tcp"],
  postgres: ["5432/tcp"],
  traefik: ["80/tcp"],
  registry: ["5000/tcp"],
  haproxy: [],
};

/** By the image's name in full. */
export function exposedPorts(imageName: string): string[] {
  const repository =
    imageName
      .replace(/:[^/:]+$/, "")
      .split("/")
      .at(-1) ?? "";
  return Object.hasOwn(ports, repository) ? ports[repository]! : [];
}
