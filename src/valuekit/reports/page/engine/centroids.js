/* Digests: centroids of a group put together, and compressed as Python would. Never reads a quantile. */

const EXACT_VALUES = 50;

/**
 * Centroids in order of their means; of one mean at most an atom and, before it, one that is none.
 * @typedef {{means: Float64Array, weights: Float64Array, positives: (Float64Array|null), atoms: Uint8Array,
 *   total: number}} Centroids
 */

/** No rows at all. */
function noCentroids(joint) {
  const none = new Float64Array(0);
  return { means: none, weights: none, positives: joint ? none : null, atoms: new Uint8Array(0), total: 0 };
}

/** Whether one centroid stands before another: by its mean, an atom behind what else has its mean. */
function standsBefore(means, atoms, one, other) {
  return means[one] < means[other] || (means[one] === means[other] && atoms[one] < atoms[other]);
}

/** The begins of runs that are in order. */
function runsOf(means, atoms) {
  const begins = [0];
  for (let i = 1; i < means.length; i += 1) if (standsBefore(means, atoms, i, i - 1)) begins.push(i);
  return begins;
}

/** Merge two neighbouring runs of an order into another one. */
function mergeRuns(means, atoms, [from, to], [begin, middle, end]) {
  let left = begin;
  let right = middle;
  for (let at = begin; at < end; at += 1) {
    const first = left < middle && (right >= end || !standsBefore(means, atoms, from[right], from[left]));
    to[at] = first ? from[left] : from[right];
    if (first) left += 1;
    else right += 1;
  }
}

/** The order of centroids; equal ones as they came. Runs that are in order already are merged in pairs. */
function orderOf(means, atoms) {
  let order = Uint32Array.from(means, (_, i) => i);
  let other = new Uint32Array(order.length);
  let begins = runsOf(means, atoms);
  while (begins.length > 1) {
    for (let run = 0; run < begins.length; run += 2) {
      const middle = run + 1 < begins.length ? begins[run + 1] : means.length;
      const end = run + 2 < begins.length ? begins[run + 2] : means.length;
      mergeRuns(means, atoms, [order, other], [begins[run], middle, end]);
    }
    begins = begins.filter((_, run) => run % 2 === 0);
    [order, other] = [other, order];
  }
  return order;
}

/**
 * Put centroids in order and collapse those of one mean, atoms and others each by themselves.
 * @param {Float64Array} means
 * @param {ArrayLike<number>} weights
 * @param {ArrayLike<number>|null} positives null unless joint
 * @param {ArrayLike<number>} atoms 1 where all rows of a centroid have one value
 * @returns {Centroids}
 */
function collapsed(means, weights, positives, atoms) {
  const order = orderOf(means, atoms);
  const found = {
    means: new Float64Array(order.length),
    weights: new Float64Array(order.length),
    positives: positives === null ? null : new Float64Array(order.length),
    atoms: new Uint8Array(order.length),
    total: 0,
  };
  let size = 0;
  for (const from of order) {
    if (size === 0 || means[from] !== found.means[size - 1] || atoms[from] !== found.atoms[size - 1]) {
      found.means[size] = means[from];
      found.atoms[size] = atoms[from];
      size += 1;
    }
    found.weights[size - 1] += weights[from];
    if (positives !== null) found.positives[size - 1] += positives[from];
    found.total += weights[from];
  }
  return shortened(found, size);
}

/** The first centroids only. */
function shortened(centroids, size) {
  return {
    means: centroids.means.subarray(0, size),
    weights: centroids.weights.subarray(0, size),
    positives: centroids.positives === null ? null : centroids.positives.subarray(0, size),
    atoms: centroids.atoms.subarray(0, size),
    total: centroids.total,
  };
}

/** The bucket of the scale function k1 (Dunning and Ertl, 2019) of a share of rows. */
function bucketOf(q, delta) {
  return Math.floor((delta / (2 * Math.PI)) * Math.asin(Math.min(Math.max(2 * q - 1, -1), 1)));
}

/**
 * Group neighbours by the scale function; a small group stays as it is.
 * @param {Centroids} centroids
 * @param {number|null} delta null for no compression
 * @param {number} protectedRows a centroid with fewer rows than this above it stays alone
 */
function compressed(centroids, delta, protectedRows) {
  const { means, weights, total } = centroids;
  if (delta === null || means.length <= Math.max(EXACT_VALUES, delta / 2)) return centroids;
  const first = [];
  let running = 0;
  let before = NaN;
  let aloneBefore = true;
  for (let i = 0; i < means.length; i += 1) {
    running += weights[i];
    const above = total - running;
    const bucket = bucketOf((total - above - 0.5 * weights[i]) / total, delta);
    const alone = above < protectedRows;
    if (bucket !== before || alone || aloneBefore) first.push(i);
    before = bucket;
    aloneBefore = alone;
  }
  return joined(centroids, first);
}

/** One centroid of each run. */
function joined(centroids, first) {
  const size = first.length;
  const joint = centroids.positives !== null;
  const found = {
    means: new Float64Array(size),
    weights: new Float64Array(size),
    positives: joint ? new Float64Array(size) : null,
    atoms: new Uint8Array(size),
    total: centroids.total,
  };
  for (let run = 0; run < size; run += 1) {
    const begin = first[run];
    const end = run + 1 < size ? first[run + 1] : centroids.means.length;
    let shares = 0;
    for (let i = begin; i < end; i += 1) {
      found.weights[run] += centroids.weights[i];
      if (joint) found.positives[run] += centroids.positives[i];
      shares += centroids.means[i] * (centroids.weights[i] / centroids.total);
    }
    const alone = end - begin === 1;
    const mean = shares / (found.weights[run] / centroids.total);
    const low = centroids.means[begin];
    found.means[run] = alone ? low : Math.min(Math.max(mean, low), centroids.means[end - 1]);
    found.atoms[run] = alone ? centroids.atoms[begin] : 0;
  }
  return found;
}
