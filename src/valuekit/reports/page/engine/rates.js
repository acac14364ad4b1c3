/* Proportions and means: intervals, lift and its interval, z test, incremental revenue. Undefined is NaN. */

/** Divide; NaN where the denominator is 0. */
function divide(numerator, denominator) {
  return denominator === 0 ? NaN : numerator / denominator;
}

/** sqrt(p(1 - p)/n), the standard error of a proportion. */
function rateError(positives, negatives) {
  const n = positives + negatives;
  return divide(Math.sqrt(divide(positives * negatives, n)), n);
}

/** Wilson's root P + z²/2 + z·sqrt(P·N/n + z²/4) (Wilson, 1927). */
function wilsonRoot(positives, negatives) {
  const spread = Math.sqrt(divide(positives * negatives, positives + negatives) + (Z95 * Z95) / 4);
  return positives + (Z95 * Z95) / 2 + Z95 * spread;
}

function wilsonHigh(positives, negatives) {
  return divide(wilsonRoot(positives, negatives), positives + negatives + Z95 * Z95);
}

function wilsonLow(positives, negatives) {
  return divide(divide(positives * positives, positives + negatives), wilsonRoot(positives, negatives));
}

/** Wilson's 95 % interval [low, high]; NaN where there are no offers. */
function wilson(positives, negatives) {
  if (positives > negatives) return [1 - wilsonHigh(negatives, positives), 1 - wilsonLow(negatives, positives)];
  return [wilsonLow(positives, negatives), wilsonHigh(positives, negatives)];
}

/** (p_T - p_C)·n_T·n_C, without a division. */
function crossDifference(test, control) {
  return test.p * (control.p + control.n) - control.p * (test.p + test.n);
}

/**
 * p_T/p_C - 1.
 * @param {{p: number, n: number}} test positives and negatives
 * @param {{p: number, n: number}} control
 */
function lift(test, control) {
  return divide(crossDifference(test, control), control.p * (test.p + test.n));
}

/** The interval of the lift on the log scale (Katz et al., 1978): [low, high]. */
function liftInterval(test, control) {
  const testAll = test.p + test.n;
  const controlAll = control.p + control.n;
  const ratio = divide(test.p * controlAll, control.p * testAll);
  if (!(ratio > 0)) return [NaN, NaN];
  const variance = divide(test.n, test.p * testAll) + divide(control.n, control.p * controlAll);
  const half = Z95 * Math.sqrt(variance);
  return [Math.expm1(Math.log(ratio) - half), Math.expm1(Math.log(ratio) + half)];
}

/** The pooled two-proportion z test: [z, two-sided p-value]. */
function twoProportionZ(test, control) {
  const positives = test.p + control.p;
  const negatives = test.n + control.n;
  const spread = divide(positives * negatives, positives + negatives);
  const variance = spread * (test.p + test.n) * (control.p + control.n);
  const z = divide(crossDifference(test, control), Math.sqrt(variance));
  return [z, twoSidedP(z)];
}

/** s²/n of moments; NaN below two values. */
function squaredError(sample) {
  return sample.n > 1 ? Math.max(sample.m2, 0) / (sample.n - 1) / sample.n : NaN;
}

/** (v_T - v_C)·n_T and its 95 % interval: [value, low, high]. */
function incrementalTotal(test, control) {
  const error = Math.sqrt(squaredError(test) + squaredError(control));
  const value = Number.isNaN(error) ? NaN : test.mean - control.mean;
  return [value * test.n, (value - Z95 * error) * test.n, (value + Z95 * error) * test.n];
}
