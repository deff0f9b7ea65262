/**
 * Metrics whose series are made when somebody asks for them, out of numbers that are counted elsewhere. The metrics of
 * prom-client hash their labels at every count; these cost nothing until they are scraped. The registry, the escaping
 * and the text format are prom-client's.
 */
import type { Metric, Registry } from 'prom-client';

export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** Of a histogram's series, after the metric's name. */
  readonly suffix?: '_bucket' | '_sum' | '_count';
}

export interface ScrapedMetric {
  /** By the conventions of Prometheus: base units, `_total` for counters. */
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly series: () => readonly Series[];
}

/** Adds a metric to a registry; `series` is called at each scrape. */
export function registerScraped(registry: Registry, { name, help, type, series }: ScrapedMetric): void {
  const metric = {
    name,
    help,
    type,
    aggregator: 'sum',
    get: () =>
      Promise.resolve({
        name,
        help,
        type,
        aggregator: 'sum',
        values: series().map(({ labels, value, suffix }) => ({ labels, value, metricName: name + (suffix ?? '') })),
      }),
    reset: () => undefined,
  };
  // The registry asks for no more than this of a metric.
  registry.registerMetric(metric as unknown as Metric);
}
