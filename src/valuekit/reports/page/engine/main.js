/* The door: opens what is embedded, and answers for a selection. */

/** What was opened. */
class Opened {
  constructor(payload) {
    this.header = payload.header;
    this.dictionaries = payload.header.dictionaries;
    this.tables = payload.header.tables.map((table) => new Table(payload, table));
    this.labels = new Map();
    this.last = null;
  }

  /** The values of a dimension as texts, as Python writes them; null where missing or empty. */
  labelsOf(name) {
    if (has(this.header.labels, name)) return this.header.labels[name];
    return this.dictionaries[name].map((value) => value || null);
  }

  /** One value of a dimension as text. */
  labelOf(name, value) {
    if (!this.labels.has(name)) {
      const texts = this.labelsOf(name);
      this.labels.set(name, new Map(this.dictionaries[name].map((other, code) => [other, texts[code]])));
    }
    return this.labels.get(name).get(value);
  }

  /** States at a grain under a selection; digests come from their own table. Those of one selection are shared. */
  merged(spec, by, allowed) {
    const key = JSON.stringify([spec.table, spec.digests, by]);
    if (!allowed.states.has(key)) allowed.states.set(key, this.merge(spec, by, allowed.codes));
    return allowed.states.get(key);
  }

  merge(spec, by, allowed) {
    const grouping = (at) => {
      const table = this.tables[at];
      return [table, grouped(table, this.dictionaries, by, pickedRows(table, allowed))];
    };
    const digests = spec.digests === null || spec.digests === spec.table ? null : spec.digests;
    const other = digests === null ? null : new Merged(...grouping(digests));
    return new Merged(...grouping(spec.table), other);
  }

  /** What a selection allows, with the states merged for it; those of the last selection are kept. */
  allowed(selection) {
    const names = this.header.filters.map(({ name }) => name);
    const codes = allowedCodes(this.dictionaries, names, selection);
    const key = JSON.stringify(Array.from(codes, ([name, flags]) => [name, flags.join("")]).sort());
    if (this.last === null || this.last.key !== key) this.last = { key, codes, states: new Map() };
    return this.last;
  }
}

/** Answers for selections; see the contract in `__init__.py`. */
class Engine {
  constructor(payload) {
    const opened = new Opened(payload);
    this.filters = opened.header.filters.map(({ name, time }) => ({ name, time, values: opened.dictionaries[name] }));
    this.panel = (report, index, selection) => panelOf(opened, report, index, selection);
    this.cards = (selection) => {
      const allowed = opened.allowed(selection);
      return opened.header.cards.map((card) => cardOf(opened, card, allowed));
    };
  }
}

/** One panel under a selection. */
function panelOf(opened, report, index, selection) {
  const allowed = opened.allowed(selection);
  if (!has(opened.header.reports, report) || !(index in opened.header.reports[report])) {
    throw new TypeError(`there is no panel ${index} of report ${report}`);
  }
  const spec = opened.header.reports[report][index];
  if (spec.failure !== null) {
    return { failure: spec.failure, columns: spec.columns, rows: [], behind: {}, reasons: {}, errors: {}, unavailable: {} };
  }
  return ROWS_OF[spec.kind](opened, spec, allowed);
}

const NOTHING = { header: { filters: [], dictionaries: {}, labels: {}, tables: [], metrics: {}, reports: {}, cards: [] } };

const valuekitEngine = {
  /** Open an embedded text; an empty one has no filters. */
  async open(text) {
    return new Engine(text.trim() === "" ? NOTHING : await openPayload(text));
  },
  /** Pure formulas, for tests. */
  stats: {
    erfc,
    twoSidedP,
    chiSquareP,
    wilson,
    lift,
    liftInterval,
    twoProportionZ,
    incrementalTotal,
    pearson,
    gTest,
    cramersV,
    oddsRatio,
    fisherExact,
    collapsed,
    compressed,
    quantile,
    cdf,
    bowleySkew,
    rocAuc,
    averagePrecision,
    calibrationBins,
    expectedCalibrationError,
    rankingCurves,
    mergedMoments,
  },
};
