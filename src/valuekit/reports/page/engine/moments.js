/* Moments of groups, merged in one step: mean, what it lacks, and the central sums M2 and M3. */

/**
 * Merge cells that have rows (Chan, Golub and LeVeque, 1983, for all cells at once).
 * @param {ArrayLike<number>} gids the group of each cell, -1 for none
 * @param {number} size how many groups
 * @param {{n: ArrayLike<number>, mean: ArrayLike<number>, rest?: ArrayLike<number>, m2?: ArrayLike<number>,
 *   m3?: ArrayLike<number>}} cells
 * @returns {{n: Float64Array, mean: Float64Array, m2: Float64Array, m3: Float64Array}} mean NaN where n = 0
 */
function mergedMoments(gids, size, cells) {
  const found = { n: new Float64Array(size) };
  const at = new Float64Array(size);
  eachCell(gids, cells.n, (cell, group) => {
    found.n[group] += cells.n[cell];
    at[group] = cells.mean[cell];
  });
  const offset = (cell, group) => cells.mean[cell] - at[group] + (cells.rest ? cells.rest[cell] : 0);
  const centre = new Float64Array(size);
  eachCell(gids, cells.n, (cell, group) => {
    centre[group] += cells.n[cell] * offset(cell, group);
  });
  for (let group = 0; group < size; group += 1) centre[group] /= Math.max(found.n[group], 1);
  const powers = [0, 1, 2].map(() => new Float64Array(size));
  eachCell(gids, cells.n, (cell, group) => {
    const distance = offset(cell, group) - centre[group];
    const m2 = cells.m2 ? cells.m2[cell] : 0;
    powers[0][group] += cells.n[cell] * distance;
    powers[1][group] += m2 + cells.n[cell] * distance ** 2;
    powers[2][group] += (cells.m3 ? cells.m3[cell] : 0) + 3 * distance * m2 + cells.n[cell] * distance ** 3;
  });
  return finished(found, at, centre, powers);
}

/** Take what rounding left of the first power out of the others. */
function finished(found, at, centre, [first, second, third]) {
  const size = first.length;
  Object.assign(found, { mean: new Float64Array(size), m2: new Float64Array(size), m3: new Float64Array(size) });
  for (let group = 0; group < size; group += 1) {
    const shift = first[group] / Math.max(found.n[group], 1);
    found.mean[group] = found.n[group] > 0 ? at[group] + (centre[group] + shift) : NaN;
    found.m2[group] = Math.max(second[group] - first[group] * shift, 0);
    found.m3[group] = third[group] - 3 * shift * second[group] + 2 * first[group] * shift ** 2;
  }
  return found;
}

/** Go over the cells that have rows and a group. */
function eachCell(gids, n, act) {
  for (let cell = 0; cell < n.length; cell += 1) {
    if (n[cell] > 0 && gids[cell] >= 0) act(cell, gids[cell]);
  }
}
