/* Numbers for people, as valuekit.reports.numbers writes them, and exact ones, as valuekit.reports.values does. */

const NO_VALUE = "\u2013";
const MISSING = "(missing)";
const DIFFERENCE = "difference of ";
const HUGE = 1e15;
const LETTERS = ["", " k", " M", " B", " T"];

/**
 * A cell for people.
 * @param {string|number|boolean|null} value a dimension's value or a score, at most 12 digits
 * @param {string} unit the score's unit; "text" or "time" for a dimension
 * @param {boolean} short whether three digits do
 */
function shown(value, unit, short = true) {
  if (value === null || value === undefined) return NO_VALUE;
  if (unit === "text" || unit === "time" || typeof value !== "number") return plainText(exactText(value));
  const of = unit.startsWith(DIFFERENCE) ? unit.slice(DIFFERENCE.length) : unit;
  const write = (short ? SHORT : LONG)[of] || (short ? threeDigits : plainNumber);
  return of === unit ? write(value) : difference(value, of, write);
}

/** A difference with its sign; of percentages it is in points. */
function difference(value, unit, write) {
  const sign = value > 0 ? "+" : value < 0 ? "-" : "";
  if (unit === "probability") return sign + plainNumber(Math.abs(value));
  const text = write(Math.abs(value));
  return unit === "rate" || unit === "change" ? `${sign}${text.replace(/^\+| %$/g, "")} points` : sign + text;
}

/** Both ends of an interval for people, the unit once. */
function shownInterval(low, high, unit, short = true) {
  const [first, last] = [shown(low, unit, short), shown(high, unit, short)];
  if (first === NO_VALUE || last === NO_VALUE) return NO_VALUE;
  return `${first.endsWith(" %") ? first.slice(0, -2) : first} ${NO_VALUE} ${last}`;
}

/** A dimension's value for people; a word where it is missing. */
function shownKey(value, isFloat = false) {
  return value === null || value === undefined ? MISSING : plainText(exactText(value, isFloat));
}

/**
 * A number with at most 12 significant digits; what is not finite is none.
 * @param {*} value
 * @param {boolean} isFloat false for one of a column of whole numbers, which keeps all of its digits
 */
function exactNumber(value, isFloat = true) {
  if (typeof value !== "number") return value === undefined ? null : value;
  if (!Number.isFinite(value)) return null;
  if (value === 0 || !isFloat) return value + 0;
  const [mantissa, exponent] = scientific(value, 11);
  return Number(`${mantissa}e${exponent}`);
}

/**
 * A value as text formats hold it; a missing one is empty.
 * @param {string|number|boolean|null} value
 * @param {boolean} isFloat whether a whole number still has a decimal point
 */
function exactText(value, isFloat = false) {
  if (value === null || value === undefined) return "";
  if (typeof value !== "number") return String(value);
  const found = exactNumber(value, isFloat);
  if (found === null) return "";
  return isFloat ? floatText(found) : String(found);
}

/** As Python's repr() of a float. */
function floatText(value) {
  const [mantissa, exponentText] = value.toExponential().split("e");
  const exponent = Number(exponentText);
  if (value !== 0 && (exponent < -4 || exponent >= 16)) return `${mantissa}e${signedExponent(exponent)}`;
  const text = Math.abs(value) < 1e-6 && value !== 0 ? value.toFixed(20).replace(/0+$/, "") : String(value);
  return Number.isInteger(value) ? `${text}.0` : text;
}

function wholeNumber(value) {
  return grouped(BigInt(roundedEven(value)).toString());
}

function rate(value) {
  const percent = 100 * value;
  return `${percent === 0 || Math.abs(percent) >= 1 ? grouped(fixed(percent, 2)) : significant(percent, 3)} %`;
}

function change(value) {
  return value > 0 ? `+${rate(value)}` : rate(value);
}

function probability(value) {
  if (value === 0 || value >= 0.0001) return fixed(value, 4);
  const [mantissa, exponent] = scientific(value, 1);
  return `${mantissa}e${signedExponent(exponent)}`;
}

function twoDecimals(value) {
  return Math.abs(value) < HUGE ? grouped(fixed(value, 2)) : significant(value, 4);
}

function plainNumber(value) {
  if (!(Math.abs(value) >= 1000 && Math.abs(value) < HUGE)) return significant(value, 4);
  return grouped(fixed(value, Number.isInteger(value) ? 0 : 1));
}

function threeDigits(value) {
  if (value === 0 || !Number.isFinite(value)) return "0";
  const rounded = Number(significant(value, 3));
  const step = Math.max(Math.floor(Math.log10(Math.abs(rounded)) / 3 + 1e-9), 0);
  if (step >= LETTERS.length) return significant(rounded, 3);
  return significant(rounded / 1000 ** step, 3) + LETTERS[step];
}

function shortCount(value) {
  return Math.abs(value) < 1000 ? String(roundedEven(value) + 0) : threeDigits(value);
}

function shortProbability(value) {
  return value < 0.001 ? "< 0.001" : fixed(value, 3);
}

function shortRate(value) {
  return `${threeDigits(100 * value)} %`;
}

function shortChange(value) {
  return value > 0 ? `+${shortRate(value)}` : shortRate(value);
}

const LONG = Object.freeze({
  __proto__: null,
  count: wholeNumber,
  rate,
  change,
  probability,
  z: twoDecimals,
  money: twoDecimals,
  ratio: plainNumber,
  number: plainNumber,
  bits: plainNumber,
});

const SHORT = Object.freeze({
  __proto__: null,
  count: shortCount,
  rate: shortRate,
  change: shortChange,
  probability: shortProbability,
  z: twoDecimals,
  money: threeDigits,
  ratio: threeDigits,
  number: threeDigits,
  bits: threeDigits,
});
