/* How far a number from digests can be from what `compute --where` prints. Zero where nothing was compressed for the
   page. Owns these bounds; never the numbers themselves.

   The page compresses once more, as `compute` does; what that changes here is part of every bound, because it need not
   change the same there.

   A value that many rows have is no atom to `compute` where it coincides with the mean of a mixed centroid, which the page
   may not see: quantiles count that in, too.

   A value at a rank: rows of a centroid lie between its neighbours' means, so ranks have an upper and a lower bound at
   every value; what `compute` compresses is off by at most 4π/delta·sqrt(q(1 - q)) of the rows.

   Ranking and calibration: what is lost inside centroids falls with the square of their width. Joining neighbours in
   pairs loses about three times as much again, which is measured on the data at hand, and chance adds the spread that
   random order inside centroids would have. The bound is twice the first and six standard deviations of the second. */

/** The least and the greatest value that rows of each centroid of one source can have. */
function ranges(source) {
  const { means, atoms } = source;
  const last = means.length - 1;
  return Array.from(means, (mean, i) => {
    if (atoms[i]) return [mean, mean];
    const below = i > 0 ? means[i - 1] : mean - (last > 0 ? means[1] - mean : Math.abs(mean));
    const above = i < last ? means[i + 1] : mean + (last > 0 ? mean - means[last - 1] : Math.abs(mean));
    return [below, above];
  });
}

/** What bounds the quantiles of some sources: ends of the ranges of centroids in order, with the rows up to each. */
function envelope(sources) {
  const lows = [];
  const highs = [];
  for (const source of sources) {
    ranges(source).forEach(([low, high], i) => {
      lows.push([low, source.weights[i]]);
      highs.push([high, source.weights[i]]);
    });
  }
  for (const ends of [lows, highs]) ends.sort((a, b) => a[0] - b[0]);
  return { lows, highs };
}

/** The end at which the running number of rows exceeds a rank. */
function endAt(ends, rank) {
  let rows = 0;
  for (const [value, weight] of ends) {
    rows += weight;
    if (rows > rank) return value;
  }
  return ends[ends.length - 1][0];
}

/**
 * The interval in which `compute` finds a quantile.
 * @param {{centroids: Centroids, whole: Centroids, sources: Centroids[]}} digest
 * @param {number} q
 * @param {number} value what the page finds
 * @param {number|null} delta of the metric
 * @param {{lows: number[][], highs: number[][]}} ends of `envelope`
 */
function quantileInterval(digest, q, value, delta, ends) {
  const { total } = digest.centroids;
  const own = delta === null ? 0 : (total * 4 * Math.PI * Math.sqrt(q * (1 - q))) / delta + 1;
  const rank = q * (total - 1);
  const low = endAt(ends.lows, Math.max(Math.floor(rank - own), 0));
  const high = endAt(ends.highs, Math.min(Math.ceil(rank + own), total - 1));
  const again = Math.abs(quantile(digest.whole, q) - value);
  const untied = quantile({ ...digest.whole, atoms: new Uint8Array(digest.whole.means.length) }, q);
  return [Math.min(low, value, untied) - again, Math.max(high, value, untied) + again];
}

/** The centroids of some sources, with neighbours joined in pairs. */
function coarser(sources) {
  const parts = sources.map((source) => {
    const first = [];
    for (let i = 0; i < source.means.length; i += 2) first.push(i);
    return joined(source, first);
  });
  const all = (name) => parts.flatMap((part) => Array.from(part[name]));
  return collapsed(Float64Array.from(all("means")), all("weights"), all("positives"), all("atoms"));
}

/** How many positives and negatives of centroids have a mean below a number. */
function countsBelow(centroids) {
  const positives = new Float64Array(centroids.means.length + 1);
  const rows = new Float64Array(centroids.means.length + 1);
  centroids.means.forEach((_, i) => {
    positives[i + 1] = positives[i] + centroids.positives[i];
    rows[i + 1] = rows[i] + centroids.weights[i];
  });
  return (x) => {
    const at = countUpTo(centroids.means, x);
    return { p: positives[at], n: rows[at] - positives[at] };
  };
}

/**
 * The standard deviation of the area under the ROC curve if rows lay anywhere in the range of their centroid, half-way
 * to its neighbours: among themselves, and among the rows of other sources there.
 */
function chanceOfArea(sources, whole) {
  const below = countsBelow(whole);
  let variance = 0;
  for (const { means, weights, positives, atoms } of sources) {
    for (let i = 0; i < means.length; i += 1) {
      if (atoms[i]) continue;
      const low = below(i > 0 ? (means[i - 1] + means[i]) / 2 : -Infinity);
      const high = below(i + 1 < means.length ? (means[i] + means[i + 1]) / 2 : Infinity);
      const [p, n] = [positives[i], weights[i] - positives[i]];
      const [otherP, otherN] = [Math.max(high.p - low.p - p, 0), Math.max(high.n - low.n - n, 0)];
      variance += (p * n * (p + n + 1) + otherN ** 2 * p + otherP ** 2 * n) / 12;
    }
  }
  const all = allPositives(whole);
  return divide(Math.sqrt(variance), all * (whole.total - all));
}

/** The share of positives that lie in mixed centroids, and how much chance their order leaves to a sum over them. */
function chanceOfSteps(sources, positives) {
  let mixed = 0;
  for (const source of sources) {
    for (let i = 0; i < source.means.length; i += 1) {
      if (!source.atoms[i]) mixed += (source.positives[i] * (source.weights[i] - source.positives[i])) / source.weights[i];
    }
  }
  return divide(Math.sqrt(mixed), positives);
}

/** The bounds of a digest, made once. */
function boundsOf(digest) {
  if (digest.bounds === undefined) digest.bounds = new RankingBounds(digest);
  return digest.bounds;
}

/** Running sums of the variance that chance leaves to positives, by the ends of the ranges of mixed centroids. */
function chanceByScore(sources) {
  const [lows, highs] = [[], []];
  for (const source of sources) {
    ranges(source).forEach(([low, high], i) => {
      if (source.atoms[i]) return;
      const p = source.positives[i];
      const variance = (p * (source.weights[i] - p)) / source.weights[i] / 4;
      lows.push([low, variance]);
      highs.push([high, variance]);
    });
  }
  return [lows, highs].map((ends) => {
    ends.sort((a, b) => a[0] - b[0]);
    let sum = 0;
    return { at: Float64Array.from(ends, ([end]) => end), sums: [0, ...ends.map(([, variance]) => (sum += variance))] };
  });
}

/** The bounds of what ranks and calibrates: zero where nothing was compressed. */
class RankingBounds {
  /** @param {{centroids: Centroids, whole: (Centroids|null), sources: (Centroids[]|null)}} digest joint */
  constructor(digest) {
    this.digest = digest;
    this.exact = digest.sources === null;
    this.coarse = lazily(() => coarser(digest.sources));
  }

  /** Twice what joining neighbours changes, six standard deviations of chance, and what compressing changed. */
  of(value, formula, chance) {
    const whole = formula(this.digest.whole);
    return Math.min(2 * Math.abs(formula(this.coarse()) - whole) + 6 * chance() + Math.abs(whole - value) + 1e-12, 1);
  }

  area(value) {
    if (this.exact) return 0;
    const { sources, whole } = this.digest;
    return this.of(value, rocAuc, () => chanceOfArea(sources, whole));
  }

  precision(value) {
    if (this.exact) return 0;
    const { sources, whole } = this.digest;
    return this.of(value, averagePrecision, () => (value * chanceOfSteps(sources, allPositives(whole))) / 2);
  }

  calibration(value) {
    if (this.exact) return 0;
    const { sources, whole } = this.digest;
    const share = divide(allPositives(whole), whole.total);
    const chance = () => chanceOfSteps(sources, allPositives(whole)) * share;
    return this.of(value, (centroids) => expectedCalibrationError(calibrationBins(centroids)), chance);
  }

  /** The standard deviation of the positives scored above a score, by chance. */
  spread(score) {
    if (this.chances === undefined) this.chances = chanceByScore(this.digest.sources);
    const [low, high] = this.chances.map(({ at, sums }) => sums[countUpTo(at, score)]);
    return Math.sqrt(Math.max(low - high, 0));
  }
}
