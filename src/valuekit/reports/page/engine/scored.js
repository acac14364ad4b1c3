/* Scores of models: ranking, calibration and losses of one score column. */

const PROTECTED_ROWS = 400;

/** The joint digests of a model score. */
function scoreDigests(metric, merged, name) {
  return merged.digests(`${name}.digest`, metric.compression, PROTECTED_ROWS);
}

/** A mean over the offers with a score; NaN without any. */
function perScored(sum, scored) {
  return scored > 0 ? sum / scored : NaN;
}

/** How the scores of a property are computed. */
function scoredFormulas(merged, name, digests) {
  const of = (part) => lazily(() => merged.sum(`${name}.${part}`));
  const [scored, positives, outside, certain] = ["scored", "positives", "losses_outside", "losses_certain"].map(of);
  const [brier, log] = ["losses_brier", "losses_log"].map(of);
  const offers = lazily(() => ["Positives", "Negatives"].map((outcome) => merged.sum(outcome)));
  const calibrated = (row) => expectedCalibrationError(calibrationBins(digests()[row].centroids));
  return [
    [["Count"], (row) => [offers()[0][row] + offers()[1][row]]],
    [["Scored"], (row) => [scored()[row]]],
    [["pos_fraction"], (row) => [perScored(positives()[row], scored()[row])]],
    [["roc_auc"], (row) => [rocAuc(digests()[row].centroids)]],
    [["average_precision"], (row) => [averagePrecision(digests()[row].centroids)]],
    [["ece"], (row) => [outside()[row] > 0 ? NaN : calibrated(row)]],
    [["brier"], (row) => [outside()[row] > 0 ? NaN : perScored(brier()[row], scored()[row])]],
    [["log_loss"], (row) => [outside()[row] > 0 || certain()[row] > 0 ? NaN : perScored(log()[row], scored()[row])]],
  ];
}

/** Why a score of a property has no value. */
function scoredReasons(merged, name) {
  const of = (part) => lazily(() => merged.sum(`${name}.${part}`));
  const [scored, positives, outside, certain] = ["scored", "positives", "losses_outside", "losses_certain"].map(of);
  const none = (row) => (scored()[row] === 0 ? "no offer has a score" : null);
  const noPositive = (row) => none(row) || (positives()[row] === 0 ? "one class only: no positive" : null);
  const oneClass = (row) => (positives()[row] === scored()[row] ? "one class only: no negative" : null);
  const beyond = (row) => none(row) || (outside()[row] > 0 ? "a score lies outside 0 to 1" : null);
  const certainty = "a positive was scored 0, or a negative 1";
  return {
    pos_fraction: none,
    roc_auc: (row) => noPositive(row) || oneClass(row),
    average_precision: noPositive,
    ece: beyond,
    brier: beyond,
    log_loss: (row) => beyond(row) || (certain()[row] > 0 ? certainty : null),
  };
}

/** Scores of one score column: one row a group. */
function modelScores(metric, merged, wanted, name) {
  const digests = lazily(() => scoreDigests(metric, merged, name));
  const found = evaluated(merged.size, wanted, scoredFormulas(merged, name, digests), scoredReasons(merged, name));
  const bounds = lazily(() => digests().map(boundsOf));
  const errors = { roc_auc: "area", average_precision: "precision", ece: "calibration" };
  for (const [score, bound] of Object.entries(errors)) {
    if (!has(found.scores, score)) continue;
    found.errors[score] = found.scores[score].map((value, row) => (value === null ? null : bounds()[row][bound](value)));
  }
  return found;
}

/**
 * One kind of curve of one group.
 * @param {string} kind roc, precision_recall, gain, lift or calibration
 * @param {Centroids} centroids joint
 * @param {boolean} outside whether a score lies outside 0 to 1: there is no calibration, then
 * @returns {{x: number[], y: number[], n: (number[]|null)}}
 */
function curveOf(kind, centroids, outside) {
  if (kind !== "calibration") {
    const { x, y } = rankingCurves(centroids).find((curve) => curve.kind === kind);
    return { x, y, n: null };
  }
  const bins = outside ? [] : calibrationBins(centroids);
  const part = (name) => bins.map((bin) => bin[name]);
  return { x: part("proba"), y: part("rate"), n: part("n") };
}

/** The height of a curve at x, linear between its points. */
function heightAt(curve, x) {
  const right = countUpTo(curve.x, x);
  if (right === 0) return curve.y[0];
  if (right === curve.x.length || curve.x[right - 1] === x) return curve.y[right - 1];
  const share = (x - curve.x[right - 1]) / (curve.x[right] - curve.x[right - 1]);
  return curve.y[right - 1] + share * (curve.y[right] - curve.y[right - 1]);
}

/** By how much chance may move each point of a curve: four standard deviations of the positives above it. */
function chanceOfPoints(kind, digest, curve) {
  const { centroids } = digest;
  const positives = allPositives(centroids);
  const scores = Array.from(centroids.means).reverse();
  const origin = curve.x.length - scores.length;
  let rows = 0;
  const above = scores.map((_, i) => (rows += centroids.weights[scores.length - 1 - i]));
  const perRow = { precision_recall: 1, lift: centroids.total / positives };
  return curve.x.map((_, point) => {
    const at = point - origin;
    if (at < 0) return 0;
    const spread = 4 * boundsOf(digest).spread(scores[at]);
    return has(perRow, kind) ? (spread / above[at]) * perRow[kind] : spread / positives;
  });
}

/** How far each point of a curve can be off: what joining neighbours changes around it, twice, and chance. */
function curveErrors(kind, digest, outside, curve) {
  const bounds = boundsOf(digest);
  if (bounds.exact || curve.x.length === 0) return curve.x.map(() => 0);
  const [coarse, whole] = [bounds.coarse(), digest.whole].map((centroids) => curveOf(kind, centroids, outside));
  const changes = curve.x.map((x, point) => {
    const between = heightAt(whole, x);
    return Math.abs(heightAt(coarse, x) - between) + Math.abs(between - curve.y[point]);
  });
  const around = (point) => Math.max(...changes.slice(Math.max(point - 3, 0), point + 4));
  const chance = kind === "calibration" ? binChance(digest, curve) : chanceOfPoints(kind, digest, curve);
  return changes.map((_, point) => 2 * around(point) + chance[point] + 1e-12);
}

/** By how much chance may move the rate of a bin: rows of centroids that reach over its edges may be of either bin. */
function binChance(digest, curve) {
  return curve.x.map((proba, bin) => {
    const spread = boundsOf(digest).spread(proba);
    return (8 * spread) / curve.n[bin];
  });
}
