/* Tables of arms by outcome: chi-square, G, Cramér's V, odds ratio, Fisher's exact test. Undefined is NaN. */

const FISHER_TIE = 1 + 1e-12;
const FISHER_TAIL = 100;

/** What a table adds up to; null where it cannot be tested. */
function margins(arms) {
  const there = arms.filter((arm) => arm.p + arm.n > 0);
  const positives = there.reduce((sum, arm) => sum + arm.p, 0);
  const negatives = there.reduce((sum, arm) => sum + arm.n, 0);
  if (there.length < 2 || positives === 0 || negatives === 0) return null;
  return { there, positives, negatives };
}

/**
 * Pearson's chi-square over the arms with offers, without Yates' correction.
 * @param {{p: number, n: number}[]} arms positives and negatives of each arm
 * @returns {[number, number, number]} statistic, degrees of freedom, p-value
 */
function pearson(arms) {
  const table = margins(arms);
  if (table === null) return [NaN, NaN, NaN];
  let statistic = 0;
  for (const arm of table.there) {
    const difference = arm.p * table.negatives - arm.n * table.positives;
    statistic += (difference * difference) / ((arm.p + arm.n) * table.positives * table.negatives);
  }
  const dof = table.there.length - 1;
  return [statistic, dof, chiSquareP(statistic, dof)];
}

/** log1p(x) - x, without cancellation for small x. */
function log1pMinus(x) {
  if (Math.abs(x) > 0.1) return Math.log1p(x) - x;
  let power = x;
  let sum = 0;
  for (let k = 2; k < 40; k += 1) {
    power *= -x;
    sum += power / k;
  }
  return sum;
}

/** (1 + x)·ln(1 + x) - x; 1 for x = -1. */
function divergence(x, none) {
  if (none) return 1;
  return log1pMinus(x) + x * Math.log1p(x);
}

/** The likelihood ratio 2·Σ O·ln(O/E) over the arms with offers: [statistic, degrees of freedom, p-value]. */
function gTest(arms) {
  const table = margins(arms);
  if (table === null) return [NaN, NaN, NaN];
  const { positives, negatives } = table;
  let sum = 0;
  for (const arm of table.there) {
    const all = arm.p + arm.n;
    const difference = arm.p * negatives - arm.n * positives;
    const ofPositives = positives * divergence(difference / (all * positives), arm.p === 0);
    const ofNegatives = negatives * divergence(-difference / (all * negatives), arm.n === 0);
    sum += (ofPositives + ofNegatives) * (all / (positives + negatives));
  }
  const statistic = Math.max(2 * sum, 0);
  const dof = table.there.length - 1;
  return [statistic, dof, chiSquareP(statistic, dof)];
}

/** Cramér's V of a table with two outcomes. */
function cramersV(arms) {
  const table = margins(arms);
  if (table === null) return NaN;
  return Math.min(Math.sqrt(pearson(arms)[0] / (table.positives + table.negatives)), 1);
}

/** Odds ratio with its 95 % interval on the log scale (Woolf, 1955): [value, low, high]; NaN with an empty cell. */
function oddsRatio(arm, control) {
  if (arm.p === 0 || arm.n === 0 || control.p === 0 || control.n === 0) return [NaN, NaN, NaN];
  const value = (arm.p * control.n) / (arm.n * control.p);
  const half = Z95 * Math.sqrt(1 / arm.p + 1 / arm.n + 1 / control.p + 1 / control.n);
  return [value, Math.exp(Math.log(value) - half), Math.exp(Math.log(value) + half)];
}

/**
 * Fisher's exact test, two-sided, of tables too sparse for chi-square; NaN where every expected count is at least 5.
 * The weights of the possible tables follow from the first by their ratios.
 */
function fisherExact(arm, control) {
  const armAll = arm.p + arm.n;
  const controlAll = control.p + control.n;
  const n = armAll + controlAll;
  const positives = arm.p + control.p;
  const fewOffers = Math.min(armAll, controlAll);
  const fewOutcomes = Math.min(positives, n - positives);
  if (fewOffers === 0 || fewOutcomes === 0 || fewOffers * fewOutcomes >= 5 * n) return NaN;
  const rarer = positives <= n - positives ? arm.p : arm.n;
  const observed = armAll <= controlAll ? rarer : fewOutcomes - rarer;
  const weights = [1];
  const last = Math.min(fewOffers, fewOutcomes, observed + FISHER_TAIL);
  for (let k = 0; k < last; k += 1) {
    const ratio = ((fewOffers - k) * (fewOutcomes - k)) / ((k + 1) * (n - fewOffers - fewOutcomes + k + 1));
    weights.push(weights[k] * ratio);
  }
  const limit = weights[observed] * FISHER_TIE;
  let rare = 0;
  let all = 0;
  for (const weight of weights) {
    all += weight;
    if (weight <= limit) rare += weight;
  }
  return Math.min(rare / all, 1);
}
