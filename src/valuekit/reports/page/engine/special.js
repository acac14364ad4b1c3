/* Tails of the normal and of the chi-square distribution, to near double precision. Never sees a count. */

const SQRT_PI = Math.sqrt(Math.PI);
/** The two-sided normal critical value of 95 %. */
const Z95 = 1.959963984540054;

/** exp(-x²) without the rounding error of x²: x is split where its square is exact. */
function expOfMinusSquare(x) {
  const coarse = Math.floor(x * 16) / 16;
  return Math.exp(-coarse * coarse) * Math.exp(-(x - coarse) * (x + coarse));
}

/** erf(x) for small x >= 0 by its series of positive terms (Abramowitz and Stegun 7.1.6). */
function erfSeries(x) {
  let term = x;
  let sum = x;
  for (let n = 1; term > sum * 1e-17; n += 1) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / SQRT_PI) * expOfMinusSquare(x) * sum;
}

/** erfc(x) for large x by its continued fraction (Abramowitz and Stegun 7.1.14), from the last term up. */
function erfcFraction(x) {
  let below = x;
  for (let n = Math.ceil(20 + 300 / (x * x)); n > 0; n -= 1) below = x + n / 2 / below;
  return expOfMinusSquare(x) / (SQRT_PI * below);
}

/**
 * The complementary error function of x >= 0.
 * @param {number} x
 * @returns {number} erfc(x), 0 only where it is smaller than a float can say
 */
function erfc(x) {
  if (Number.isNaN(x)) return NaN;
  if (x > 27.3) return 0;
  return x < 1.25 ? 1 - erfSeries(x) : erfcFraction(x);
}

/** P(|Z| >= |z|) of a standard normal Z; NaN where z is. */
function twoSidedP(z) {
  return erfc(Math.abs(z) / Math.SQRT2);
}

/**
 * P(X >= statistic) of a chi-square distributed X, by the finite sums of Abramowitz and Stegun 26.4.4 and 26.4.5.
 * @param {number} statistic at least 0
 * @param {number} dof a whole number, at least 1
 */
function chiSquareP(statistic, dof) {
  if (Number.isNaN(statistic) || Number.isNaN(dof)) return NaN;
  const half = statistic / 2;
  if (half === 0) return 1;
  const odd = dof % 2 === 1;
  let found = odd ? twoSidedP(Math.sqrt(statistic)) : 0;
  let logFactorial = odd ? Math.log(SQRT_PI / 2) : 0;
  for (let term = 0; term < Math.floor(dof / 2); term += 1) {
    const power = odd ? term + 0.5 : term;
    if (term > 0) logFactorial += Math.log(power);
    found += Math.exp(power * Math.log(half) - half - logFactorial);
  }
  return Math.min(found, 1);
}
