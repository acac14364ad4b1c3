/* Decimal digits, rounded as Python's format() rounds them: by the exact value of the double, half to even. */

/** A number with so many decimals, as `format(value, ".2f")`. */
function fixed(value, decimals) {
  if (Math.abs(value) >= 1e21) return BigInt(value).toString() + (decimals ? `.${"0".repeat(decimals)}` : "");
  const rounded = value.toFixed(decimals);
  if (!isTie(value, value.toFixed(decimals + 1), () => value.toFixed(100))) return rounded;
  const cut = value.toFixed(decimals + 1).slice(0, -1).replace(/\.$/, "");
  return isEven(cut) ? cut : rounded;
}

/** Digits and exponent of a number, as `format(value, ".2e")`, with the exponent as a number. */
function scientific(value, decimals) {
  const rounded = value.toExponential(decimals);
  const [mantissa, exponent] = rounded.split("e");
  const longer = value.toExponential(decimals + 1);
  if (!isTie(value, longer.split("e")[0], () => value.toExponential(100).split("e")[0], longer)) {
    return [mantissa, Number(exponent)];
  }
  const cut = longer.split("e")[0].slice(0, -1).replace(/\.$/, "");
  return isEven(cut) ? [cut, Number(longer.split("e")[1])] : [mantissa, Number(exponent)];
}

/** So many significant digits without trailing zeros, as `format(value, ".3g")`. */
function significant(value, digits) {
  if (value === 0) return "0";
  const [mantissa, exponent] = scientific(value, digits - 1);
  if (exponent >= -4 && exponent < digits) return stripped(fixed(value, Math.max(digits - 1 - exponent, 0)));
  return `${stripped(mantissa)}e${signedExponent(exponent)}`;
}

/** An exponent with its sign and at least two digits. */
function signedExponent(exponent) {
  return (exponent < 0 ? "-" : "+") + String(Math.abs(exponent)).padStart(2, "0");
}

/** To the nearest whole number, half to even, as Python's round(). */
function roundedEven(value) {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}

/** Commas between thousands. */
function grouped(text) {
  const [whole, decimals] = text.split(".");
  const marked = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return decimals === undefined ? marked : `${marked}.${decimals}`;
}

/** Half way between two neighbours: the digits with one more end in 5, and nothing follows. */
function isTie(value, withOneMore, exact, full = withOneMore) {
  if (!withOneMore.endsWith("5") || Number(full) !== value) return false;
  return /^0*$/.test(exact().slice(withOneMore.length));
}

function isEven(text) {
  return "02468".includes(text[text.length - 1]);
}

function stripped(text) {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

/** A positive number with two digits, never less than it was; of counts, whole. */
function roundedUp(value, unit) {
  if (unit === "count") return Math.ceil(value);
  const step = 10 ** (Math.floor(Math.log10(value)) - 1);
  const steps = Math.ceil(value / step - 1e-9);
  return Number((steps * step).toPrecision(3));
}
