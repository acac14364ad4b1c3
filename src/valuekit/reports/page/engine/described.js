/* Descriptive statistics: moments, extrema, quantiles and histograms of a described column. */

/** The percent of a score's quantile; null where it is none. */
function percentOf(score) {
  if (score === "Median") return 50;
  const found = /^p([0-9]{1,2})$/.exec(score);
  return found === null ? null : Number(found[1]);
}

/** What of a column needs its digest, group by group. */
class Distribution {
  constructor(metric, merged, name) {
    this.delta = metric.compression;
    this.digests = merged.digests(`${name}.digest`, metric.compression, 0);
    this.knots = this.digests.map(({ centroids }) => lazily(() => knotsOf(centroids)));
    this.ends = this.digests.map(({ sources }) => lazily(() => envelope(sources)));
  }

  quantile(row, percent) {
    return quantile(this.digests[row].centroids, percent / 100, this.knots[row]());
  }

  /** Where `compute` finds a quantile: [low, high]. */
  interval(row, percent) {
    const value = this.quantile(row, percent);
    const digest = this.digests[row];
    if (this.exact(row)) return [value, value];
    return quantileInterval(digest, percent / 100, value, this.delta, this.ends[row]());
  }

  exact(row) {
    return this.digests[row].sources === null || this.digests[row].centroids.total === 0;
  }

  error(row, percent) {
    const value = this.quantile(row, percent);
    const [low, high] = this.interval(row, percent);
    return Math.max(value - low, high - value);
  }

  skew(row) {
    return bowleySkew(...[25, 50, 75].map((percent) => this.quantile(row, percent)));
  }

  /** The skewness is monotone in each quartile: its extremes are at the ends of their intervals. */
  skewError(row) {
    if (this.exact(row)) return 0;
    const value = this.skew(row);
    const [low, middle, high] = [25, 50, 75].map((percent) => this.interval(row, percent));
    let most = 0;
    for (const a of low) {
      for (const b of middle) {
        for (const c of high) {
          const other = c > a ? Math.min(Math.max(bowleySkew(a, b, c), -1), 1) : Math.sign(value) || 1;
          most = Math.max(most, Math.abs(other - value));
        }
      }
    }
    return most;
  }
}

/** The formulas of a column of numbers. */
function describedFormulas(merged, name, wanted, distribution) {
  const moments = lazily(() => merged.moments(`${name}.moments`));
  const sums = lazily(() => merged.sum(`${name}.moments_sum`));
  const ends = ["min", "max"].map((end) => lazily(() => merged.extremum(`${name}.extrema_${end}`, Math[end])));
  const variance = (row) => (moments().n[row] > 1 ? moments().m2[row] / (moments().n[row] - 1) : NaN);
  const skewness = (row) => {
    const { n, m2, m3 } = moments();
    return m2[row] > 0 ? m3[row] / m2[row] / Math.sqrt(m2[row] / Math.max(n[row], 1)) : NaN;
  };
  const quantiles = wanted.filter((score) => percentOf(score) !== null);
  return [
    [["Count"], (row) => [moments().n[row]]],
    [["Sum"], (row) => [moments().n[row] > 0 ? sums()[row] : 0]],
    [["Min"], (row) => [ends[0]()[row]]],
    [["Max"], (row) => [ends[1]()[row]]],
    [["Mean"], (row) => [moments().mean[row]]],
    [["Var"], (row) => [variance(row)]],
    [["Std"], (row) => [Math.sqrt(variance(row))]],
    ...quantiles.map((score) => [[score], (row) => [distribution().quantile(row, percentOf(score))]]),
    [["Skew"], (row) => [distribution().skew(row)]],
    [["MomentSkew"], (row) => [skewness(row)]],
  ];
}

/** Why a score of a column of numbers has no value. */
function describedReasons(merged, name, wanted, distribution) {
  const moments = lazily(() => merged.moments(`${name}.moments`));
  const none = (row) => (moments().n[row] === 0 ? "no value" : null);
  const few = (row) => ["no value", "fewer than two values"][moments().n[row]] || null;
  const why = Object.fromEntries(wanted.filter((score) => !["Count", "Sum"].includes(score)).map((score) => [score, none]));
  const narrow = (row) => distribution().quantile(row, 25) === distribution().quantile(row, 75);
  return {
    ...why,
    Var: few,
    Std: few,
    MomentSkew: (row) => few(row) || (moments().m2[row] === 0 ? "all values are equal" : null),
    Skew: (row) => none(row) || (narrow(row) ? "p25 equals p75" : null),
  };
}

/**
 * Scores of one described column: one row a group.
 * @param {object} metric with `columns`: for each described column null, or what it holds where it is no number
 */
function describedScores(metric, merged, wanted, name) {
  const kind = metric.columns[name];
  if (kind !== null) {
    const counts = merged.sum(`${name}.count`);
    const others = wanted.filter((score) => score !== "Count");
    const formulas = [[["Count"], (row) => [counts[row]]], ...others.map((score) => [[score], () => [NaN]])];
    const why = Object.fromEntries(others.map((score) => [score, () => `${kind} has only a count`]));
    return evaluated(merged.size, wanted, formulas, why);
  }
  const distribution = lazily(() => new Distribution(metric, merged, name));
  const formulas = describedFormulas(merged, name, wanted, distribution);
  const found = evaluated(merged.size, wanted, formulas, describedReasons(merged, name, wanted, distribution));
  for (const score of wanted) {
    const percent = percentOf(score);
    if (!has(found.scores, score) || (percent === null && score !== "Skew")) continue;
    const error = (row) => (percent === null ? distribution().skewError(row) : distribution().error(row, percent));
    found.errors[score] = found.scores[score].map((value, row) => (value === null ? null : error(row)));
  }
  return found;
}

/** How many rows lie below a number: exact where all centroids are atoms. */
function countBelow(centroids, knots, x) {
  const { means, total } = centroids;
  let below = 0;
  let high = means.length;
  while (below < high) {
    const middle = (below + high) >> 1;
    if (means[middle] < x) below = middle + 1;
    else high = middle;
  }
  if (below === 0) return 0;
  if (below === means.length) return total;
  const left = below - 1;
  const share = (x - means[left]) / (means[below] - means[left]);
  const rank = knots.last[left] + share * (knots.first[below] - knots.last[left]);
  return Math.max(Math.ceil(rank), Math.floor(knots.last[left]) + 1);
}

/** Rows in the bins between edges, of each group: the last bin holds its upper edge, too. */
function binCounts(centroids, edges) {
  const knots = knotsOf(centroids);
  const inner = edges.slice(1, -1).map((edge) => countBelow(centroids, knots, edge));
  const ends = [0, ...inner, centroids.total];
  return edges.slice(1).map((_, bin) => ends[bin + 1] - ends[bin]);
}

/** How far each bin can be off: the rows of centroids that reach over one of its edges, and what `compute` is off. */
function binErrors(digest, edges, delta) {
  if (digest.sources === null) return edges.slice(1).map(() => 0);
  const over = edges.map(() => 0);
  for (const source of digest.sources) {
    ranges(source).forEach(([low, high], i) => {
      edges.forEach((edge, at) => {
        if (low < edge && edge <= high && low < high) over[at] += source.weights[i];
      });
    });
  }
  const last = edges.length - 1;
  const { total } = digest.centroids;
  const knots = knotsOf(digest.centroids);
  const wholeKnots = knotsOf(digest.whole);
  const at = (edge) => {
    if (edge === 0 || edge === last) return 0;
    const below = countBelow(digest.centroids, knots, edges[edge]);
    const q = below / Math.max(total, 1);
    const again = Math.abs(countBelow(digest.whole, wholeKnots, edges[edge]) - below);
    return over[edge] + again + (delta === null ? 0 : (total * 4 * Math.PI * Math.sqrt(q * (1 - q))) / delta + 1);
  };
  return edges.slice(1).map((_, bin) => at(bin) + at(bin + 1));
}
