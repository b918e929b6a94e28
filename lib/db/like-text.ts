/** Text to look for with `contains`: LIKE's wildcards in it stand for themselves. */
export function likeText(text: string): string {
  return text.replace(/[\\%_]/g, "\\$&");
}
