export interface TarFile {
  /** Absolute or relative; written relative to the folder of extraction. */
  path: string;
  content: Buffer;
  mode: number;
}

/** An archive of plain files owned by root (POSIX ustar; pax headers for paths over 100 bytes). */
export function tarOf(files: TarFile[], mtimeMs: number): Buffer {
  const parts: Buffer[] = [];
  for (const { path, content, mode } of files) {
    const name = path.replace(/^\/+/, "");
    if (Buffer.byteLength(name) > 100) {
      const record = paxRecord("path", name);
      parts.push(header("pax", record.length, 0o644, "x", mtimeMs), padded(record));
    }
    parts.push(header(name, content.length, mode, "0", mtimeMs), padded(content));
  }
  parts.push(Buffer.alloc(1024));
  return Buffer.concat(parts);
}

function header(name: string, size: number, mode: number, type: string, mtimeMs: number): Buffer {
  const block = Buffer.alloc(512);
  block.write(Buffer.from(name).subarray(0, 100).toString("latin1"), 0, "latin1");
  const octal = (value: number, at: number, length: number) =>
    block.write(`${value.toString(8).padStart(length - 1, "0")}\0`, at, "latin1");
  octal(mode & 0o7777, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(Math.floor(mtimeMs / 1000), 136, 12);
  block.write("        ", 148, "latin1");
  block.write(type, 156, "latin1");
  block.write("ustar\0" + "00", 257, "latin1");
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}

/** "LENGTH key=value\n", where LENGTH counts itself. */
function paxRecord(key: string, value: string): Buffer {
  const rest = ` ${key}=${value}\n`;
  let length = Buffer.byteLength(rest);
  while (Buffer.byteLength(String(length) + rest) !== length)
    length = Buffer.byteLength(String(length) + rest);
  return Buffer.from(`${length}${rest}`);
}

function padded(content: Buffer): Buffer {
  return Buffer.concat([content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
}
