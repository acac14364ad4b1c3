/* How well scores rank positives above negatives, and how well they are calibrated: from joint centroids. */

const BINS = 20;
const EXPLICIT_TERMS = 16;

/** The positives of all centroids. */
function allPositives(centroids) {
  return centroids.positives.reduce((sum, count) => sum + count, 0);
}

/** P(a positive scores above a negative) + P(tied)/2; NaN with one class. */
function rocAuc(centroids) {
  const { weights, positives, total } = centroids;
  const all = allPositives(centroids);
  let above = all;
  let pairs = 0;
  for (let i = 0; i < weights.length; i += 1) {
    above -= positives[i];
    pairs += (weights[i] - positives[i]) * (above + 0.5 * positives[i]);
  }
  return divide(pairs, all * (total - all));
}

/** Digamma's series beyond its logarithm, at z + 1/2. */
function digammaTail(z) {
  const square = 1 / (z * z);
  return square * (1 / 24 - square * (7 / 960 - square * (31 / 8064)));
}

/** Σ over j = 1..p of 1/(x + j). */
function harmonic(x, p) {
  let sum = 0;
  for (let j = 1; j <= Math.min(p, EXPLICIT_TERMS); j += 1) sum += 1 / (x + j);
  const rest = Math.max(p - EXPLICIT_TERMS, 0);
  const low = x + EXPLICIT_TERMS + 0.5;
  return sum + Math.log1p(rest / low) + digammaTail(low + rest) - digammaTail(low);
}

/** Σ over j = 1..p of (above + j)/(rows + j + n·j/(p + 1)): positives that lie evenly among n negatives. */
function spreadPrecision(above, rows, p, n) {
  const c = 1 + n / (p + 1);
  const x = rows / c;
  return p / c + ((above - x) / c) * harmonic(x, p);
}

/** Σ (recall step)·precision from the highest score down, not interpolated; NaN without a positive. */
function averagePrecision(centroids) {
  const { weights, positives, atoms } = centroids;
  let above = 0;
  let rows = 0;
  let steps = 0;
  for (let i = weights.length - 1; i >= 0; i -= 1) {
    const p = positives[i];
    if (p > 0 && atoms[i]) steps += p * ((above + p) / (rows + weights[i]));
    else if (p > 0) steps += spreadPrecision(above, rows, p, weights[i] - p);
    above += p;
    rows += weights[i];
  }
  return divide(steps, above);
}

/** Bins of about equally many rows, from the lowest scores up: {bin, proba, rate, n}; one without rows is left out. */
function calibrationBins(centroids) {
  const { means, weights, positives, total } = centroids;
  const bins = [];
  let below = 0;
  for (let i = 0; i < means.length; i += 1) {
    const bin = Math.floor(BINS * ((below + weights[i] / 2) / total));
    if (bins.length === 0 || bins[bins.length - 1].bin !== bin) bins.push({ bin, proba: 0, rate: 0, n: 0 });
    const last = bins[bins.length - 1];
    last.proba += means[i] * weights[i];
    last.rate += positives[i];
    last.n += weights[i];
    below += weights[i];
  }
  return bins.map(({ bin, proba, rate, n }) => ({ bin, proba: proba / n, rate: rate / n, n }));
}

/** Σ n_b/n·|rate_b - proba_b| over bins; NaN without rows. */
function expectedCalibrationError(bins) {
  const all = bins.reduce((sum, bin) => sum + bin.n, 0);
  return divide(bins.reduce((sum, bin) => sum + bin.n * Math.abs(bin.rate - bin.proba), 0), all);
}

/**
 * The points of roc, precision_recall, gain and lift, one a centroid from the highest score down; none for one class.
 * @returns {{kind: string, x: number[], y: number[]}[]}
 */
function rankingCurves(centroids) {
  const { weights, positives, total } = centroids;
  const all = allPositives(centroids);
  const names = ["roc", "precision_recall", "gain", "lift"];
  const curves = names.map((kind) => ({ kind, x: [], y: [] }));
  if (all === 0 || all === total) return curves;
  const [roc, precisionRecall, gain, liftCurve] = curves;
  for (const curve of [roc, gain]) {
    curve.x.push(0);
    curve.y.push(0);
  }
  let above = 0;
  let rows = 0;
  for (let i = weights.length - 1; i >= 0; i -= 1) {
    above += positives[i];
    rows += weights[i];
    const points = [
      [(rows - above) / (total - all), above / all],
      [above / all, above / rows],
      [rows / total, above / all],
      [rows / total, above / rows / (all / total)],
    ];
    [roc, precisionRecall, gain, liftCurve].forEach((curve, at) => {
      curve.x.push(points[at][0]);
      curve.y.push(points[at][1]);
    });
  }
  return curves;
}
