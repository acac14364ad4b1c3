/* Which embedded rows a selection picks, and which group each of them is in. Never looks at a number. */

/** An embedded table: keys as codes into dictionaries, and columns; what is read once is kept. */
class Table {
  constructor(payload, header) {
    this.payload = payload;
    this.size = header.size;
    this.header = header;
    this.derived = new Map();
  }

  /** The codes of a dimension, one a row; one of time may derive from a finer one. */
  codes(name) {
    if (has(this.header.keys, name)) return this.payload.column(this.header.keys[name]);
    if (!this.derived.has(name)) this.derived.set(name, this.derive(name));
    return this.derived.get(name);
  }

  derive(name) {
    const { from, codes } = this.header.derived[name];
    return this.codes(from).map((code) => codes[code]);
  }

  /** A stored column of numbers. */
  column(name) {
    return this.payload.column(this.header.columns[name]);
  }

  /** The centroids of all rows of a digest: lengths, and their fields one after the other. */
  digest(name) {
    const parts = this.header.digests[name];
    const read = (part) => (part === null ? null : this.payload.column(part));
    return {
      starts: this.starts(name, read(parts.lengths)),
      means: read(parts.means),
      weights: read(parts.weights),
      positives: read(parts.positives),
      atoms: read(parts.atoms),
      touched: read(parts.touched),
    };
  }

  starts(name, lengths) {
    const key = `starts of ${name}`;
    if (!this.derived.has(key)) {
      const starts = new Uint32Array(lengths.length + 1);
      for (let row = 0; row < lengths.length; row += 1) starts[row + 1] = starts[row] + lengths[row];
      this.derived.set(key, starts);
    }
    return this.derived.get(key);
  }
}

/** Whether an object has an own property, whatever it is called. */
function has(object, name) {
  return Object.prototype.hasOwnProperty.call(object, name);
}

/**
 * The codes that a selection allows of each filter that filters.
 * @param {object} dictionaries values of each dimension, sorted as Python sorts them
 * @param {string[]} filters
 * @param {object} selection lists of values by filter
 * @returns {Map<string, Uint8Array>} for each filter 1 where a code is allowed
 */
function allowedCodes(dictionaries, filters, selection) {
  const allowed = new Map();
  for (const name of Object.keys(selection)) {
    if (!filters.includes(name)) throw new TypeError(`there is no filter ${name}`);
    const values = dictionaries[name];
    const flags = new Uint8Array(values.length);
    for (const value of selection[name]) {
      const code = values.indexOf(value);
      if (code < 0) throw new TypeError(`${name} has no value ${String(value)}`);
      flags[code] = 1;
    }
    const some = flags.includes(1) && flags.includes(0);
    if (some) allowed.set(name, flags);
  }
  return allowed;
}

/** The rows of a table that a selection picks: 1 or 0 for each. */
function pickedRows(table, allowed) {
  const picked = new Uint8Array(table.size).fill(1);
  for (const [name, flags] of allowed) {
    const codes = table.codes(name);
    for (let row = 0; row < table.size; row += 1) picked[row] &= flags[codes[row]];
  }
  return picked;
}

/**
 * Number the groups of picked rows, in order of their keys.
 * @param {Table} table
 * @param {object} dictionaries
 * @param {string[]} by the dimensions of a group; without any there is one group, even of no rows
 * @param {Uint8Array} picked
 * @returns {{size: number, gids: Int32Array, keys: Uint32Array[]}} gids -1 for rows not picked; keys as codes
 */
function grouped(table, dictionaries, by, picked) {
  const gids = new Int32Array(table.size).fill(-1);
  const columns = by.map((name) => table.codes(name));
  const radices = by.map((name) => dictionaries[name].length);
  const places = new Map();
  const found = [];
  for (let row = 0; row < table.size; row += 1) {
    if (!picked[row]) continue;
    const key = keyOf(columns, radices, row);
    if (!places.has(key)) {
      places.set(key, found.length);
      found.push(row);
    }
    gids[row] = places.get(key);
  }
  if (by.length === 0) return { size: 1, gids, keys: [] };
  return inOrder(gids, found, columns);
}

/** What tells groups apart: a number where it is exact, else a text. */
function keyOf(columns, radices, row) {
  let key = 0;
  for (let at = 0; at < columns.length; at += 1) {
    key = key * radices[at] + columns[at][row];
    if (key > Number.MAX_SAFE_INTEGER) return columns.map((codes) => codes[row]).join(",");
  }
  return key;
}

/** Give groups, each known by one of its rows, the numbers of their order. */
function inOrder(gids, found, columns) {
  const order = found.map((_, group) => group);
  order.sort((a, b) => {
    for (const codes of columns) {
      const difference = codes[found[a]] - codes[found[b]];
      if (difference !== 0) return difference;
    }
    return 0;
  });
  const place = new Int32Array(order.length);
  order.forEach((group, at) => {
    place[group] = at;
  });
  for (let row = 0; row < gids.length; row += 1) if (gids[row] >= 0) gids[row] = place[gids[row]];
  const keys = columns.map((codes) => Uint32Array.from(order, (group) => codes[found[group]]));
  return { size: order.length, gids, keys };
}
