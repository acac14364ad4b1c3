/* Which rows rest on too few cases, as valuekit.reports.low_counts tells. */

const FEWEST = 30;
const FEWEST_OF_A_KIND = 5;
const LOW = "fewer than 30 cases, or 5 of a kind";
const COUNTS_ARE_DRAWN = ["histogram", "curve", "exposure", "funnel"];

/**
 * A test for row numbers.
 * @returns {function(number): boolean}
 */
function lowCounts(panel, table) {
  const counts = table.columns.get("Count");
  if (counts === undefined || showsCounts(panel)) return () => false;
  const scored = numbersOf(panel, table, "Scored");
  const cases = (row) => (scored === null || scored[row] === null ? counts[row] : scored[row]);
  const kinds = kindsOf(panel, table, cases);
  return (row) => cases(row) === null || cases(row) < FEWEST || kinds.some((kind) => isFew(kind(row)));
}

/** Whether a panel is about counts, and their shares, themselves: however small, they are what they are. */
function showsCounts(panel) {
  if (COUNTS_ARE_DRAWN.includes(panel.mark)) return true;
  const unitOf = (column) => column.unit.replace(DIFFERENCE, "");
  const numbers = panel.columns.filter((column) => column.role === "number");
  return numbers.every((column) => unitOf(column) === "count" || (unitOf(column) === "rate" && column.formula === null));
}

function isFew(value) {
  return value !== null && value < FEWEST_OF_A_KIND;
}

/** Positives and negatives by row, as they are or from a rate; none where there is neither. */
function kindsOf(panel, table, cases) {
  const [positives, negatives] = ["Positives", "Negatives"].map((name) => numbersOf(panel, table, name));
  if (positives !== null && negatives !== null) return [(row) => positives[row], (row) => negatives[row]];
  const found = panel.columns.find((column) => column.unit === "rate" && column.low !== null);
  const rates = numbersOf(panel, table, "pos_fraction") || (found === undefined ? null : table.columns.get(found.name));
  if (rates === null) return [];
  const derived = (row) => (rates[row] === null ? null : roundedEven(rates[row] * cases(row)));
  return [derived, (row) => (rates[row] === null ? null : cases(row) - derived(row))];
}

/** A column of numbers, shown or not; null where there is none, and where a dimension is called so. */
function numbersOf(panel, table, name) {
  const isDimension = panel.columns.some((column) => column.name === name && column.role === "dimension");
  return isDimension || !table.columns.has(name) ? null : table.columns.get(name);
}
