/* Tables as the page holds them: one array of values per column, unpacked when they are first needed. */

/**
 * @typedef {Object} Table
 * @property {string[]} names of the columns that are shown, in order
 * @property {Map<string, Array>} columns the values of each, and of those behind it that only `lowCounts` needs
 * @property {number} height the number of rows
 * @property {Object<string, Array<string|null>>} reasons by score, why a value of a row is missing; empty where unknown
 * @property {Object<string, Array<number|null>>} errors by score, how far a merged value may be off; empty where exact
 */

/** Uncompress text that Python packed with zlib and base64. */
async function unpackedText(text) {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).text();
}

/** Uncompress JSON. */
async function unpacked(text) {
  return JSON.parse(await unpackedText(text));
}

/**
 * The table of a panel as Python embedded it.
 * @returns {Promise<Table>}
 */
async function embeddedTable(panel) {
  const data = await unpacked(panel.data);
  const names = panel.columns.map((column) => column.name);
  const columns = new Map([...names, ...panel.behind].map((name, at) => [name, decoded(data.columns[at])]));
  return { names, columns, height: data.height, reasons: {}, errors: {} };
}

/** The table of a panel as the engine merged it. */
function mergedTable(panel, merged) {
  const columns = new Map();
  panel.columns.forEach((column, at) => columns.set(column.name, merged.rows.map((row) => exactNumber(row[at], column.kind === "float"))));
  for (const name of panel.behind) columns.set(name, merged.behind[name]);
  const { reasons, errors } = merged;
  return { names: panel.columns.map((column) => column.name), columns, height: merged.rows.length, reasons, errors };
}

function decoded(packed) {
  if (packed.codes === undefined) return packed.values;
  return packed.codes.map((code) => (code < 0 ? null : packed.values[code]));
}

/**
 * Row numbers in the order of a column; missing values come last either way, and equal ones stay as they are.
 * @param {Table} table
 * @param {string} name the column; null for the order of the table
 * @param {number} direction 1 or -1
 * @returns {Uint32Array}
 */
function sortedRows(table, name, direction) {
  const order = Uint32Array.from({ length: table.height }, (_, at) => at);
  if (name === null) return order;
  const values = ranked(table.columns.get(name));
  return order.sort((a, b) => compared(values[a], values[b], direction) || a - b);
}

/** Texts become their rank, so that 100,000 rows are compared as numbers. */
function ranked(values) {
  if (!values.some((value) => typeof value === "string")) return values.map(numeric);
  const collator = new Intl.Collator("en", { numeric: true });
  const distinct = [...new Set(values.filter((value) => value !== null))].map(String).sort(collator.compare);
  const ranks = new Map(distinct.map((text, rank) => [text, rank]));
  return values.map((value) => (value === null ? null : ranks.get(String(value))));
}

function numeric(value) {
  return value === null ? null : Number(value);
}

function compared(first, second, direction) {
  if (first === null || second === null) return Number(first === null) - Number(second === null);
  return direction * (first - second);
}
