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
  const kinds = kindsOf(panel, table, counts);
  return (row) => counts[row] === null || counts[row] < FEWEST || kinds.some((kind) => isFew(kind(row)));
}

/** Whether a panel is about counts, and their shares, themselves: however small, they are what they are. */
function showsCounts(panel) {
  if (COUNTS_ARE_DRAWN.includes(panel.mark)) return true;
  const numbers = panel.columns.filter((column) => column.role === "number");
  return numbers.every((column) => column.unit === "count" || (column.unit === "rate" && column.formula === null));
}

function isFew(value) {
  return value !== null && value < FEWEST_OF_A_KIND;
}

/** Positives and negatives by row, from the table or from its first rate with an interval. */
function kindsOf(panel, table, counts) {
  const [positives, negatives] = [table.columns.get("Positives"), table.columns.get("Negatives")];
  if (positives && negatives) return [(row) => positives[row], (row) => negatives[row]];
  const found = panel.columns.find((column) => column.unit === "rate" && column.low !== null);
  if (found === undefined) return [];
  const rates = table.columns.get(found.name);
  const derived = (row) => (rates[row] === null ? null : roundedEven(rates[row] * counts[row]));
  return [derived, (row) => (rates[row] === null ? null : counts[row] - derived(row))];
}
