export const folder = "/tmp/traefik";
export const places = {
  conf: `${folder}/nginx.conf`,
  candidate: `${folder}/candidate.conf`,
  pid: `${folder}/nginx.pid`,
};

export const certificatePath = (key: string) => `${folder}/certificates/${key.replace("/", "-")}.pem`;
