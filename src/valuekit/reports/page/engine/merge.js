/* Embedded states of one metric, merged for a selection at a grain. Never computes a score. */

/** States of one table, merged by group when they are asked for. */
class Merged {
  /**
   * @param {Table} table
   * @param {{size: number, gids: Int32Array, keys: Uint32Array[]}} groups
   * @param {Merged|null} other gives the digests, where they are in a table of their own; of the same groups
   */
  constructor(table, groups, other = null) {
    this.table = table;
    this.groups = groups;
    this.other = other;
    this.found = new Map();
  }

  get size() {
    return this.groups.size;
  }

  kept(key, make) {
    if (!this.found.has(key)) this.found.set(key, make());
    return this.found.get(key);
  }

  /** The sum of a stored column in each group. */
  sum(name) {
    return this.kept(name, () => {
      const column = this.table.column(name);
      const sums = new Float64Array(this.size);
      const { gids } = this.groups;
      for (let row = 0; row < gids.length; row += 1) {
        if (gids[row] >= 0 && !Number.isNaN(column[row])) sums[gids[row]] += column[row];
      }
      return sums;
    });
  }

  /** The least (`Math.min`) or the greatest (`Math.max`) value of a column; NaN where there is none. */
  extremum(name, choose) {
    const column = this.table.column(name);
    const ends = new Float64Array(this.size).fill(NaN);
    this.groups.gids.forEach((group, row) => {
      if (group < 0 || Number.isNaN(column[row])) return;
      ends[group] = Number.isNaN(ends[group]) ? column[row] : choose(ends[group], column[row]);
    });
    return ends;
  }

  /** The moments of a number: {n, mean, m2, m3}. */
  moments(name) {
    return this.kept(`moments of ${name}`, () => {
      const part = (suffix) =>
        has(this.table.header.columns, `${name}_${suffix}`) ? this.table.column(`${name}_${suffix}`) : undefined;
      const n = part("n");
      const mean = part("mean") || new Float64Array(n.length);
      const cells = { n, mean, rest: part("rest"), m2: part("m2"), m3: part("m3") };
      return mergedMoments(this.groups.gids, this.size, cells);
    });
  }

  /** The sources of a digest's groups: for each group the rows of the table, in order. */
  rowsByGroup() {
    return this.kept("rows by group", () => {
      const rows = Array.from({ length: this.size }, () => []);
      this.groups.gids.forEach((group, row) => {
        if (group >= 0) rows[group].push(row);
      });
      return rows;
    });
  }

  /**
   * The digest of each group, compressed as Python does. Where some of it was compressed for the page, `whole` holds all
   * its centroids and `sources` those of each embedded row, for bounds of error; else both are null.
   * @param {string} name
   * @param {number|null} delta of the metric
   * @param {number} protectedRows of the metric
   * @returns {{centroids: Centroids, whole: (Centroids|null), sources: (Centroids[]|null)}[]}
   */
  digests(name, delta, protectedRows) {
    if (this.other !== null) return this.other.digests(name, delta, protectedRows);
    return this.kept(`digests of ${name}`, () => {
      const stored = this.table.digest(name);
      return this.rowsByGroup().map((rows) => digestOf(stored, rows, delta, protectedRows));
    });
  }
}

/** One group's digest; see `Merged.digests`. */
function digestOf(stored, rows, delta, protectedRows) {
  const whole = put(stored, rows);
  const centroids = compressed(whole, delta, protectedRows);
  const touched = rows.some((row) => stored.touched[row]);
  if (!touched) return { centroids, whole: null, sources: null };
  return { centroids, whole, sources: rows.map((row) => put(stored, [row])) };
}

/** The centroids of some rows, put together. */
function put(stored, rows) {
  const joint = stored.positives !== null;
  let size = 0;
  for (const row of rows) size += stored.starts[row + 1] - stored.starts[row];
  if (size === 0) return noCentroids(joint);
  const parts = { means: new Float64Array(size), weights: new Float64Array(size), atoms: new Uint8Array(size) };
  if (joint) parts.positives = new Float64Array(size);
  let at = 0;
  for (const row of rows) {
    for (const part of Object.keys(parts)) {
      parts[part].set(stored[part].subarray(stored.starts[row], stored.starts[row + 1]), at);
    }
    at += stored.starts[row + 1] - stored.starts[row];
  }
  return collapsed(parts.means, parts.weights, joint ? parts.positives : null, parts.atoms);
}

const TOO_LARGE = "the numbers are too large";

/**
 * Compute the wanted scores row by row; undefined becomes null, and null has a reason.
 * @param {number} size how many rows
 * @param {string[]} wanted
 * @param {[string[], function(number): number[]][]} formulas names that one formula gives together
 * @param {Object<string, function(number): (string|null)>} why by score the reason where it has no value
 * @returns {{size: number, scores: Object<string, (number|null)[]>, reasons: Object<string, (string|null)[]>,
 *   errors: Object<string, (number|null)[]>}}
 */
function evaluated(size, wanted, formulas, why) {
  const found = { size, scores: {}, reasons: {}, errors: {} };
  for (const [names, formula] of formulas) {
    const asked = names.filter((name) => wanted.includes(name));
    if (asked.length === 0) continue;
    for (const name of asked) found.scores[name] = new Array(size).fill(null);
    for (let row = 0; row < size; row += 1) {
      const values = formula(row);
      for (const name of asked) {
        const value = values[names.indexOf(name)];
        if (Number.isFinite(value)) found.scores[name][row] = value;
      }
    }
  }
  for (const name of Object.keys(found.scores)) explain(found, name, why[name]);
  return found;
}

/** Say why a score has no value, where it has none. */
function explain(found, name, why) {
  const values = found.scores[name];
  if (!values.includes(null)) return;
  found.reasons[name] = values.map((value, row) => {
    if (value !== null) return null;
    return (why && why(row)) || TOO_LARGE;
  });
}
