/**
 * A reader of Prometheus' text format, version 0.0.4, by the rules of its documentation. It throws at what a scraper
 * would refuse, or what would mislead it.
 */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Exposition {
  readonly types: ReadonlyMap<string, string>;
  readonly samples: readonly Sample[];
  /** Value of the one series with this name and exactly these labels. @throws Error */
  value(name: string, labels?: Readonly<Record<string, string>>): number;
  /** Values that a label has in the series of a name. */
  labelValues(name: string, label: string): string[];
}

const METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{.*\})? (\S+)$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"/y;

export function readExposition(text: string): Exposition {
  if (!text.endsWith('\n')) throw new Error('the last line does not end');
  const types = new Map<string, string>();
  const helps = new Set<string>();
  const samples: Sample[] = [];
  const seen = new Set<string>();
  const closed = new Set<string>();
  let family = '';
  for (const line of text.split('\n')) {
    if (line === '') continue;
    if (line.startsWith('# ')) {
      const [, keyword, name = '', ...rest] = line.split(' ');
      if (!METRIC_NAME.test(name)) throw new Error(`bad name: ${line}`);
      if (name !== family) {
        if (closed.has(name)) throw new Error(`the lines of ${name} do not stand together`);
        closed.add(name);
        family = name;
      }
      if (keyword === 'HELP') {
        if (helps.has(name)) throw new Error(`second HELP: ${line}`);
        if (rest.length === 0) throw new Error(`no help: ${line}`);
        helps.add(name);
      } else if (keyword === 'TYPE') {
        if (types.has(name)) throw new Error(`second TYPE: ${line}`);
        types.set(name, rest.join(' '));
      } else throw new Error(`unknown comment: ${line}`);
      continue;
    }
    const sample = readSample(line);
    const type = types.get(family);
    const suffixes =
      type === 'histogram' ? ['_bucket', '_sum', '_count'] : type === 'summary' ? ['', '_sum', '_count'] : [''];
    if (!suffixes.some((suffix) => sample.name === family + suffix)) throw new Error(`${line} is not of ${family}`);
    const identity = `${sample.name}${JSON.stringify(Object.entries(sample.labels).sort(([a], [b]) => (a < b ? -1 : 1)))}`;
    if (seen.has(identity)) throw new Error(`series twice: ${line}`);
    seen.add(identity);
    samples.push(sample);
  }
  for (const [name, type] of types) {
    if (!['counter', 'gauge', 'histogram', 'summary', 'untyped'].includes(type))
      throw new Error(`${name}: type ${type}`);
    if (!helps.has(name)) throw new Error(`${name} has no HELP`);
    if (type === 'histogram') checkHistogram(name, samples);
    if (type === 'counter') checkCounter(name, samples);
  }
  const matching = (name: string): Sample[] => samples.filter((sample) => sample.name === name);
  return {
    types,
    samples,
    value(name, labels = {}) {
      const found = matching(name).filter((sample) => sameLabels(sample.labels, labels));
      if (found.length !== 1) throw new Error(`${found.length} series ${name} ${JSON.stringify(labels)}`);
      return found[0]!.value;
    },
    labelValues: (name, label) => [...new Set(matching(name).map(({ labels }) => labels[label] ?? ''))],
  };
}

function readSample(line: string): Sample {
  const [, name = '', labelText = '', valueText = ''] = SAMPLE.exec(line) ?? [];
  if (name === '') throw new Error(`not a sample: ${line}`);
  const labels: Record<string, string> = {};
  let position = 1;
  while (position < labelText.length && labelText[position] !== '}') {
    LABEL.lastIndex = position;
    const [whole = '', label = '', value = ''] = LABEL.exec(labelText) ?? [];
    if (whole === '') throw new Error(`bad labels: ${line}`);
    if (label in labels || label.startsWith('__')) throw new Error(`bad label ${label}: ${line}`);
    labels[label] = value.replace(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char));
    position += whole.length;
    if (labelText[position] === ',') position += 1;
    else if (labelText[position] !== '}') throw new Error(`bad labels: ${line}`);
  }
  const special: Readonly<Record<string, number>> = { '+Inf': Infinity, '-Inf': -Infinity, Nan: NaN, NaN };
  const value = special[valueText] ?? Number(valueText);
  if (Number.isNaN(value) && valueText !== 'NaN' && valueText !== 'Nan') throw new Error(`bad value: ${line}`);
  return { name, labels, value };
}

function checkCounter(name: string, samples: readonly Sample[]): void {
  if (!name.endsWith('_total')) throw new Error(`the counter ${name} does not end in _total`);
  for (const sample of samples) {
    if (sample.name === name && !(sample.value >= 0)) throw new Error(`${name} counts ${sample.value}`);
  }
}

function checkHistogram(name: string, samples: readonly Sample[]): void {
  const groups = new Map<string, { bounds: number[]; counts: number[] }>();
  const counts = new Map<string, number>();
  const sums = new Set<string>();
  for (const { name: of, labels, value } of samples) {
    const { le, ...rest } = labels;
    const group = JSON.stringify(rest);
    if (of === `${name}_count`) counts.set(group, value);
    if (of === `${name}_sum`) sums.add(group);
    if (of !== `${name}_bucket`) continue;
    const known = groups.get(group) ?? { bounds: [], counts: [] };
    groups.set(group, known);
    known.bounds.push(le === '+Inf' ? Infinity : Number(le));
    known.counts.push(value);
  }
  for (const [group, { bounds, counts: cumulative }] of groups) {
    if (bounds.at(-1) !== Infinity) throw new Error(`${name}${group} lacks le="+Inf"`);
    for (let index = 1; index < bounds.length; index++) {
      if (!(bounds[index]! > bounds[index - 1]!)) throw new Error(`${name}${group}: bounds do not rise`);
      if (!(cumulative[index]! >= cumulative[index - 1]!)) throw new Error(`${name}${group}: counts fall`);
    }
    if (counts.get(group) !== cumulative.at(-1)) throw new Error(`${name}${group}: _count is not the last bucket`);
    if (!sums.has(group)) throw new Error(`${name}${group} has no _sum`);
  }
}

function sameLabels(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
