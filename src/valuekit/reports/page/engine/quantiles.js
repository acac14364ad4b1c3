/* Quantiles of centroids, and their inverse. Never builds or merges centroids. */

/** The first and the last rank that each centroid covers, and the rows up to its end. */
function knotsOf(centroids) {
  const size = centroids.means.length;
  const knots = { first: new Float64Array(size), last: new Float64Array(size), ends: new Float64Array(size) };
  let end = 0;
  for (let i = 0; i < size; i += 1) {
    const weight = centroids.weights[i];
    end += weight;
    const middle = end - weight / 2 - 0.5;
    knots.ends[i] = end;
    knots.first[i] = centroids.atoms[i] ? end - weight : middle;
    knots.last[i] = centroids.atoms[i] ? end - 1 : middle;
  }
  return knots;
}

/** How many of sorted numbers are at most a number. */
function countUpTo(sorted, number) {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] <= number) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Linear interpolation, rounded as NumPy's is: from the nearer end. */
function between(low, high, share) {
  const rise = high - low;
  return share >= 0.5 ? high - rise * (1 - share) : low + rise * share;
}

/**
 * The quantile at h = q·(n - 1): atoms cover their ranks, a mixed centroid is one knot in its middle, and between knots
 * the value is linear.
 * @param {Centroids} centroids
 * @param {number} q from 0 to 1
 * @returns {number} NaN without rows
 */
function quantile(centroids, q, knots = knotsOf(centroids)) {
  const { means } = centroids;
  if (means.length === 0) return NaN;
  const rank = q * (centroids.total - 1);
  const holder = countUpTo(knots.ends, Math.floor(rank));
  const left = rank < knots.first[holder] ? Math.max(holder - 1, 0) : holder;
  const right = rank > knots.last[holder] ? Math.min(holder + 1, means.length - 1) : holder;
  if (left >= right) return means[left];
  return between(means[left], means[right], (rank - knots.last[left]) / (knots.first[right] - knots.last[left]));
}

/** The largest q whose quantile is at most x: 0 below the first knot, 1 from the last on; NaN without rows. */
function cdf(centroids, x, knots = knotsOf(centroids)) {
  const { means } = centroids;
  if (means.length === 0) return NaN;
  const left = countUpTo(means, x) - 1;
  if (left < 0) return 0;
  if (left >= means.length - 1) return 1;
  const share = (x - means[left]) / (means[left + 1] - means[left]);
  const rank = knots.last[left] + share * (knots.first[left + 1] - knots.last[left]);
  return rank / Math.max(centroids.total - 1, 1);
}

/** Quartile skewness (Bowley, 1901); NaN for a zero spread. */
function bowleySkew(p25, p50, p75) {
  const spread = p75 - p25;
  return spread > 0 ? (p75 - p50 - (p50 - p25)) / spread : NaN;
}
