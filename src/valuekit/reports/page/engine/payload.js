/* What is embedded, opened: a header and typed columns. Owns the layout in bytes; never merges anything. */

/** Read the bytes of a gzip stream; rejects where the browser has no DecompressionStream. */
async function uncompressed(bytes) {
  if (typeof DecompressionStream === "undefined") throw new Error("this browser cannot uncompress gzip");
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** The bytes of a base64 text. */
function bytesOf(text) {
  const raw = atob(text.trim());
  const bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i += 1) bytes[i] = raw.charCodeAt(i);
  return bytes;
}

/**
 * Open an embedded text: base64 of gzip of the header's length (4 bytes, little-endian), the header as JSON, columns.
 * @returns {Promise<{header: object, column: function(object): (Float64Array|Uint32Array)}>}
 */
async function openPayload(text) {
  const bytes = await uncompressed(bytesOf(text));
  const length = new DataView(bytes.buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  const body = bytes.subarray(4 + length);
  const read = new Map();
  const column = (ref) => {
    if (!read.has(ref)) read.set(ref, readColumn(body, ref));
    return read.get(ref);
  };
  return { header, column };
}

/**
 * A column: the bytes of all its values plane by plane, the least significant first.
 * @param {Uint8Array} body
 * @param {{at: number, size: number, type: ("whole"|"float"), width: number}} ref where it is; `width` in bytes
 */
function readColumn(body, ref) {
  return ref.type === "float" ? readFloats(body, ref) : readWhole(body, ref);
}

function readWhole(body, { at, size, width }) {
  const values = width > 4 ? new Float64Array(size) : new Uint32Array(size);
  for (let plane = 0; plane < width; plane += 1) {
    const factor = 2 ** (8 * plane);
    const start = at + plane * size;
    for (let i = 0; i < size; i += 1) values[i] += body[start + i] * factor;
  }
  return values;
}

function readFloats(body, { at, size }) {
  const bytes = new Uint8Array(size * 8);
  for (let plane = 0; plane < 8; plane += 1) {
    const start = at + plane * size;
    for (let i = 0; i < size; i += 1) bytes[8 * i + plane] = body[start + i];
  }
  const view = new DataView(bytes.buffer);
  return Float64Array.from({ length: size }, (_, i) => view.getFloat64(8 * i, true));
}
